#include "engines/messages_stream.h"

#include <gtest/gtest.h>

namespace parley::engines {
namespace {

using Taken = upstream::BodySink::Taken;
using Mode = MessagesStream::Mode;

class Notes final : public ReplyListener {
 public:
  void open() override {
    EXPECT_TRUE(chunks.empty() && text.empty());
    ++opens;
  }
  void hear(const Heard& heard) override {
    EXPECT_EQ(opens, 1);
    text += heard.text;
    if (!heard.chunk.empty()) chunks.emplace_back(heard.chunk);
    says_something = says_something || heard.says_something;
  }
  int opens = 0;
  bool says_something = false;
  std::string text;
  std::vector<std::string> chunks;
};

const std::string start =
    R"({"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-1",)"
    R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,)"
    R"("cache_creation_input_tokens":2,"cache_read_input_tokens":1,"output_tokens":1}}})";
const std::string ping = R"({"type": "ping"})";
const std::string stop = R"({"type":"message_stop"})";

std::string block(int index, const std::string& content) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + content + "}";
}
std::string delta(int index, const std::string& content) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + content + "}";
}
std::string block_end(int index) {
  return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}
std::string ending(const std::string& reason, const std::string& usage = R"({"output_tokens":15})") {
  return R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"(","stop_sequence":null},"usage":)" +
         usage + "}";
}
const std::string text_block = block(0, R"({"type":"text","text":""})");
const std::string hel = delta(0, R"({"type":"text_delta","text":"Hel\u006c"})");
const std::string lo = delta(0, R"({"type":"text_delta","text":"o \"é\""})");
const std::string call = block(1, R"({"type":"tool_use","id":"t1","name":"weather","input":{}})");
const std::string no_arguments = delta(1, R"({"type":"input_json_delta","partial_json":""})");
const std::string arguments = delta(1, R"({"type":"input_json_delta","partial_json":"{\"x\":"})");
const std::string more_arguments = delta(1, R"({"type":"input_json_delta","partial_json":"1}"})");
const std::string error = R"({"type":"error","error":{"type":"overloaded_error","message":"raw upstream text"}})";

std::string stream_of(const std::vector<std::string>& datas) {
  std::string text;
  for (const std::string& data : datas) {
    text += "event: its name stands in the data\ndata: " + data + "\n\n";
  }
  return text;
}

const std::string plain = stream_of({start, text_block, ping, hel, lo, block_end(0), ending("end_turn"), stop});
const std::string with_tools = stream_of({start, text_block, hel, block_end(0), call, no_arguments, arguments,
                                          more_arguments, block_end(1), ending("tool_use"), stop});

std::string chunk(const std::string& inner, const std::string& finish = "null") {
  return R"({"id":"chatcmpl-01","object":"chat.completion.chunk","created":1700000000,"model":"claude-1","choices":[)"
         R"({"index":0,"delta":)" +
         inner + R"(,"finish_reason":)" + finish + "}]}";
}
const std::string role_heard = chunk(R"({"role":"assistant","content":""})");
const std::string usage_heard =
    R"({"id":"chatcmpl-01","object":"chat.completion.chunk","created":1700000000,"model":"claude-1","choices":[],)"
    R"("usage":{"prompt_tokens":10,"completion_tokens":15,"total_tokens":25}})";

std::string arguments_heard(const std::string& escaped) {
  return chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":")" + escaped + R"("}}]})");
}
std::string call_heard(const std::string& name) {
  return chunk(R"({"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":")" + name +
               R"(","arguments":""}}]})");
}

struct Read {
  explicit Read(const std::string& text, Mode mode = Mode::relay, std::size_t step = 1 << 20)
      : stream(notes, mode, 1700000000, 4096) {
    stream.opened();
    for (std::size_t at = 0; at < text.size() && taken == Taken::more; at += step) {
      taken = stream.take(std::string_view(text).substr(at, step));
    }
  }
  explicit Read(const std::vector<std::string>& datas, Mode mode = Mode::relay) : Read(stream_of(datas), mode) {}

  Notes notes;
  MessagesStream stream;
  Taken taken = Taken::more;
};

TEST(MessagesStream, SaysTextAsChunksAndKeepsTheLastOnesBack) {
  Read read(plain);
  EXPECT_EQ(read.taken, Taken::enough);
  EXPECT_TRUE(read.stream.complete());
  EXPECT_EQ(read.notes.chunks,
            (std::vector{role_heard, chunk(R"({"content":"Hell"})"), chunk(R"({"content":"o \"é\""})")}));
  EXPECT_EQ(read.notes.text, R"(Hello "é")");
  const Reply reply = read.stream.take_reply();
  EXPECT_EQ(reply.closing, (std::vector{chunk("{}", R"("stop")")}));
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.usage.value().input_model_tokens, 10);
  EXPECT_EQ(reply.usage.value().output_model_tokens, 15);
}

TEST(MessagesStream, SaysCallsOfToolsAsChunks) {
  Read read(with_tools, Mode::relay_with_usage);
  EXPECT_EQ(read.notes.chunks, (std::vector{role_heard, chunk(R"({"content":"Hell"})"), call_heard("weather"),
                                            arguments_heard(R"({\"x\":)"), arguments_heard("1}")}));
  EXPECT_EQ(read.notes.text, R"(Hellweather{"x":1})");
  EXPECT_EQ(read.stream.take_reply().closing, (std::vector{chunk("{}", R"("tool_calls")"), usage_heard}));
}

TEST(MessagesStream, ACallWithoutArgumentsHasAnEmptyObject) {
  Read read({start, call, no_arguments, block_end(1),
             block(2, R"({"type":"tool_use","id":"t2","name":"g",)"
                      R"("input":{"a":1}})"),
             block_end(2), ending("tool_use"), stop});
  EXPECT_EQ(read.notes.text, R"(weather{}g{"a":1})");
  EXPECT_EQ(read.notes.chunks.at(2), arguments_heard("{}"));
  EXPECT_NE(read.notes.chunks.at(3).find(R"("tool_calls":[{"index":1,"id":"t2")"), std::string::npos);
  EXPECT_EQ(read.notes.chunks.size(), 5U);
}

TEST(MessagesStream, TellsOnlyTheTextToWhoWantsNoChunks) {
  Read read(plain, Mode::text);
  EXPECT_TRUE(read.notes.chunks.empty());
  EXPECT_EQ(read.notes.text, R"(Hello "é")");
  EXPECT_TRUE(read.stream.take_reply().closing.empty());
}

TEST(MessagesStream, ThoughtsAndWhatNobodyKnowsSayNothing) {
  Read read({start, block(0, R"({"type":"thinking","thinking":""})"),
             delta(0, R"({"type":"thinking_delta","thinking":"secret"})"),
             delta(0, R"({"type":"signature_delta","signature":"secret"})"),
             delta(0, R"({"type":"text_delta","text":"secret"})"), block_end(0),
             block(1, R"({"type":"server_tool_use","id":"s","name":"secret","input":{}})"),
             delta(1, R"({"type":"input_json_delta","partial_json":"secret"})"), block_end(1),
             R"({"type":"what_is_new","index":7})", ending("end_turn"), stop});
  EXPECT_TRUE(read.stream.complete());
  EXPECT_FALSE(read.stream.said_something());
  EXPECT_FALSE(read.notes.says_something);
  EXPECT_EQ(read.notes.text, "");
  EXPECT_EQ(read.notes.chunks, std::vector{role_heard});
}

TEST(MessagesStream, OpensWithTheFirstThingSaid) {
  EXPECT_EQ(Read({start, ping, text_block, ping}).notes.opens, 0);
  EXPECT_EQ(Read({start, text_block, hel}).notes.opens, 1);
  EXPECT_EQ(Read({start, block(0, R"({"type":"thinking","thinking":""})")}).notes.opens, 1);
  EXPECT_EQ(Read({start, ending("end_turn"), stop}).notes.opens, 1);
}

TEST(MessagesStream, SaysTheSameWhateverTheSplit) {
  const Read whole(with_tools);
  for (std::size_t step = 1; step < 60; ++step) {
    const Read read(with_tools, Mode::relay, step);
    EXPECT_TRUE(read.stream.complete());
    EXPECT_EQ(read.notes.chunks, whole.notes.chunks) << step;
    EXPECT_EQ(read.notes.text, whole.notes.text) << step;
  }
}

TEST(MessagesStream, IsCompleteAtNoByteBeforeItsLast) {
  const std::string whole = Read(with_tools).notes.text;
  for (std::size_t length = 0; length < with_tools.size(); ++length) {
    const Read read(with_tools.substr(0, length));
    EXPECT_FALSE(read.stream.complete()) << length;
    EXPECT_EQ(read.taken, Taken::more) << length;
    EXPECT_TRUE(whole.starts_with(read.notes.text)) << length;
  }
}

TEST(MessagesStream, IsFinishedOnceItHasAReason) {
  EXPECT_FALSE(Read({start, text_block, hel, block_end(0)}).stream.finished());
  Read read({start, text_block, hel, block_end(0), ending("max_tokens")});
  EXPECT_TRUE(read.stream.finished());
  EXPECT_FALSE(read.stream.complete());
  EXPECT_EQ(read.stream.take_reply().closing, (std::vector{chunk("{}", R"("length")")}));
}

TEST(MessagesStream, ALaterFigureCountsInPlaceOfAnEarlier) {
  Read read({start, text_block, hel, block_end(0),
             ending("end_turn", R"({"input_tokens":70,"cache_read_input_tokens":null,"output_tokens":3})"),
             R"({"type":"message_delta","delta":{},"usage":{"output_tokens":4}})", stop});
  const auto usage = read.stream.take_reply().usage.value();
  EXPECT_EQ(usage.input_model_tokens, 73);
  EXPECT_EQ(usage.output_model_tokens, 4);
}

TEST(MessagesStream, BelievesNoAbsurdUsage) {
  for (const char* figures :
       {R"({"output_tokens":-1})", R"({"output_tokens":1.5})", R"({"output_tokens":0})", R"("many")", "null", "{}",
        R"({"input_tokens":-3,"output_tokens":1})", R"({"output_tokens":9007199254740992})",
        R"({"cache_read_input_tokens":9007199254740991,"output_tokens":1})"}) {
    Read read({start, text_block, hel, block_end(0), ending("end_turn", figures), stop}, Mode::relay_with_usage);
    EXPECT_TRUE(read.stream.complete());
    const Reply reply = read.stream.take_reply();
    EXPECT_FALSE(reply.usage.has_value()) << figures;
    EXPECT_EQ(reply.closing.size(), 1U) << figures;
  }
}

TEST(MessagesStream, AComplaintBeforeAnythingWasSaidIsWorthItsStatus) {
  const auto complaint = [](const std::string& type) {
    Read read({start, text_block, R"({"type":"error","error":{"type":")" + type + R"(","message":"raw text"}})"});
    EXPECT_EQ(read.taken, Taken::refuse);
    EXPECT_EQ(read.notes.opens, 0);
    const Verdict verdict = read.stream.complaint().value();
    EXPECT_EQ(verdict.error.detail.find("raw"), std::string::npos);
    return verdict;
  };
  for (const char* busy : {"overloaded_error", "rate_limit_error"}) {
    EXPECT_EQ(complaint(busy).error.code, base::ErrorCode::engine_busy);
    EXPECT_TRUE(complaint(busy).error.retry_after.has_value());
    EXPECT_TRUE(complaint(busy).engine_at_fault);
  }
  EXPECT_EQ(complaint("invalid_request_error").error.code, base::ErrorCode::engine_refused);
  EXPECT_FALSE(complaint("invalid_request_error").engine_at_fault);
  EXPECT_TRUE(complaint("authentication_error").key_refused);
  for (const char* failure : {"api_error", "timeout_error", "raw_error", ""}) {
    EXPECT_EQ(complaint(failure).error.code, base::ErrorCode::engine_failed) << failure;
    EXPECT_TRUE(complaint(failure).engine_at_fault);
  }
}

TEST(MessagesStream, AComplaintAfterSomethingWasSaidIsAFailure) {
  Read read({start, text_block, hel, error});
  EXPECT_EQ(read.taken, Taken::refuse);
  const Verdict verdict = read.stream.complaint().value();
  EXPECT_EQ(verdict.error.code, base::ErrorCode::engine_failed);
  EXPECT_EQ(verdict.error.detail, "the stream reports overloaded_error");
  EXPECT_TRUE(verdict.engine_at_fault);
}

TEST(MessagesStream, RefusesWhatIsNoSuchStream) {
  const std::vector<std::vector<std::string>> wrong = {
      {"raw"},
      {"[]"},
      {"{}"},
      {"[DONE]"},
      {text_block},
      {start, start},
      {start, hel},
      {start, stop},
      {start, block_end(0)},
      {start, text_block, text_block},
      {start, text_block, call},
      {start, text_block, delta(1, R"({"type":"text_delta","text":"raw"})")},
      {start, text_block, delta(0, R"({"type":"text_delta","text":7})")},
      {start, text_block, delta(0, "null")},
      {start, text_block, block_end(1)},
      {start, text_block, ending("end_turn")},
      {ending("end_turn")},
      {start, ending("end_turn"), text_block},
      {start, block(0, R"({"type":"tool_use","name":"raw"})")},
      {start, block(0, R"({"type":"tool_use","id":"raw"})")},
      {start, call, delta(1, R"({"type":"input_json_delta"})")},
      {start, R"({"type":"content_block_start","content_block":{"type":"text","text":""}})"},
      {start, R"({"type":"content_block_start","index":-1,"content_block":{"type":"text","text":""}})"},
  };
  for (const auto& datas : wrong) {
    Read read(datas);
    EXPECT_EQ(read.taken, Taken::refuse) << datas.back();
    EXPECT_FALSE(read.stream.fault().empty()) << datas.back();
    EXPECT_EQ(read.stream.fault().find("raw"), std::string::npos);
    EXPECT_FALSE(read.stream.complaint().has_value());
  }
  EXPECT_EQ(Read("data: " + std::string(5000, 'x')).taken, Taken::refuse);
}

}  // namespace
}  // namespace parley::engines
