#include "engines/completion_stream.h"

#include <gtest/gtest.h>

#include "engines/openai.h"

namespace parley::engines {
namespace {

using Taken = upstream::BodySink::Taken;
using Mode = CompletionStream::Mode;

class Notes final : public ReplyListener {
 public:
  void open() override { ++opens; }
  void hear(const Heard& heard) override {
    text += heard.text;
    if (!heard.chunk.empty()) chunks.emplace_back(heard.chunk);
  }
  int opens = 0;
  std::string text;
  std::vector<std::string> chunks;
};

std::string chunk_with(const std::string& delta, const std::string& finish = "null") {
  return R"({"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":)" + delta +
         R"(,"finish_reason":)" + finish + "}]}";
}
const std::string role = chunk_with(R"({"role":"assistant","content":""})");
const std::string hello = chunk_with(R"({"content":"Hel\u006co"})");
const std::string tool = chunk_with(
    R"({"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"weather","arguments":""}}]})");
const std::string arguments = chunk_with(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]})");
const std::string finish = chunk_with("{}", R"("stop")");
const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}})";

std::string stream_of(const std::vector<std::string>& datas) {
  std::string text;
  for (const std::string& data : datas) text += "data: " + data + "\n\n";
  return text;
}
const std::string recorded = stream_of({role, hello, tool, arguments, finish, usage, "[DONE]"});

struct Read {
  explicit Read(const std::string& text, Mode mode = Mode::relay, std::size_t step = 1 << 20)
      : stream(notes, mode, 4096) {
    for (std::size_t at = 0; at < text.size() && taken == Taken::more; at += step) {
      taken = stream.take(std::string_view(text).substr(at, step));
    }
  }
  Notes notes;
  CompletionStream stream;
  Taken taken = Taken::more;
};

TEST(CompletionStream, PassesChunksOnAsTheyCameAndKeepsTheLastOnesBack) {
  Read read(recorded);
  EXPECT_EQ(read.taken, Taken::enough);
  EXPECT_TRUE(read.stream.complete());
  EXPECT_EQ(read.notes.chunks, (std::vector{role, hello, tool, arguments}));
  EXPECT_EQ(read.notes.text, R"(Helloweather{"x":1})");
  const Reply reply = read.stream.take_reply();
  EXPECT_EQ(reply.closing, (std::vector{finish}));
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.usage.value().output_model_tokens, 2);
}

TEST(CompletionStream, PassesTheUsageOnToWhoAskedForIt) {
  Read read(recorded, Mode::relay_with_usage);
  EXPECT_EQ(read.stream.take_reply().closing, (std::vector{finish, usage}));
}

TEST(CompletionStream, TellsOnlyTheTextToWhoWantsNoChunks) {
  Read read(recorded, Mode::text);
  EXPECT_TRUE(read.notes.chunks.empty());
  EXPECT_EQ(read.notes.text, R"(Helloweather{"x":1})");
  EXPECT_TRUE(read.stream.take_reply().closing.empty());
}

TEST(CompletionStream, SavesTheTextOfAChunkThatFinishes) {
  Read read(stream_of({chunk_with(R"({"content":"all"})", R"("length")"), "[DONE]"}));
  EXPECT_EQ(read.notes.text, "all");
  EXPECT_TRUE(read.notes.chunks.empty());
  EXPECT_EQ(read.stream.take_reply().finish_reason, "length");
}

TEST(CompletionStream, SaysTheSameWhateverTheSplit) {
  for (std::size_t step = 1; step < 40; ++step) {
    Read read(recorded, Mode::relay, step);
    EXPECT_TRUE(read.stream.complete());
    EXPECT_EQ(read.notes.chunks.size(), 4U);
  }
}

TEST(CompletionStream, IsCompleteAtNoByteBeforeItsLast) {
  for (std::size_t length = 0; length < recorded.size(); ++length) {
    Read read(recorded.substr(0, length));
    EXPECT_FALSE(read.stream.complete()) << length;
    EXPECT_EQ(read.taken, Taken::more) << length;
  }
}

TEST(CompletionStream, KnowsWhetherTheUserHeardAnything) {
  const auto says = [](const std::string& delta) { return parse_chunk(chunk_with(delta)).value().says_something; };
  EXPECT_FALSE(says(R"({"role":"assistant"})"));
  EXPECT_FALSE(says(R"({"role":"assistant","content":"","refusal":null,"tool_calls":[]})"));
  EXPECT_TRUE(says(R"({"content":"a"})"));
  EXPECT_TRUE(says(R"({"tool_calls":[{"index":0}]})"));
  EXPECT_TRUE(says(R"({"reasoning_content":"hm"})"));
}

TEST(CompletionStream, RefusesErrorsAndWhatIsNoChunk) {
  for (const std::string data :
       {R"({"error":{"message":"raw upstream text"}})", "raw", "[]", R"({"choices":1})", "{"}) {
    Read read(stream_of({hello, data, "[DONE]"}));
    EXPECT_EQ(read.taken, Taken::refuse) << data;
    EXPECT_FALSE(read.stream.fault().empty());
    EXPECT_EQ(read.stream.fault().find("raw"), std::string::npos);
  }
  EXPECT_EQ(Read("data: " + std::string(5000, 'x')).taken, Taken::refuse);
}

TEST(CompletionStream, BelievesThatThereWasNoOutputOnlyWhereNothingWasSaid) {
  const std::string none = R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":0}})";
  for (const std::string& said : {hello, tool}) {
    EXPECT_FALSE(Read(stream_of({role, said, finish, none, "[DONE]"})).stream.take_reply().usage.has_value());
    EXPECT_FALSE(Read(stream_of({none, role, said, finish, "[DONE]"})).stream.take_reply().usage.has_value());
  }
  EXPECT_TRUE(Read(stream_of({role, finish, none, "[DONE]"})).stream.take_reply().usage.has_value());
}

TEST(CompletionStream, BelievesNoAbsurdUsage) {
  for (const char* figures :
       {R"({"prompt_tokens":-1,"completion_tokens":2})", R"({"prompt_tokens":1.5,"completion_tokens":2})",
        R"({"prompt_tokens":1})", R"("many")", "null"}) {
    Read read(stream_of({hello, finish, R"({"choices":[],"usage":)" + std::string(figures) + "}", "[DONE]"}));
    EXPECT_TRUE(read.stream.complete());
    EXPECT_FALSE(read.stream.take_reply().usage.has_value()) << figures;
  }
}

}  // namespace
}  // namespace parley::engines
