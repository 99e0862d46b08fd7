#include "async/channel.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::async {
namespace {

TEST(Channel, GivesWhatWasSentInItsOrder) {
  auto [writer, reader] = make_channel<std::string>(10);
  EXPECT_TRUE(writer.send("a", 1));
  EXPECT_TRUE(writer.send("b", 1));
  EXPECT_EQ(reader.take(), "a");
  EXPECT_EQ(reader.take(), "b");
  EXPECT_EQ(reader.take(), std::nullopt);
  EXPECT_FALSE(reader.ended());
}

TEST(Channel, EndsOnceTheWriterIsDoneAndAllIsTaken) {
  auto channel = std::make_unique<Channel<int>>(make_channel<int>(10));
  ChannelReader<int> reader = std::move(channel->reader);
  channel->writer.send(1, 1);
  channel.reset();
  EXPECT_FALSE(reader.ended());
  EXPECT_EQ(reader.take(), 1);
  EXPECT_TRUE(reader.ended());
}

TEST(Channel, TellsTheReaderOfEverySendAndOfTheEnd) {
  int news = 0;
  auto [writer, reader] = make_channel<int>(10);
  reader.on_news([&] { ++news; });
  {
    ChannelWriter<int> moved = std::move(writer);
    moved.send(1, 1);
    moved.send_last(2);
    EXPECT_EQ(news, 2);
  }
  EXPECT_EQ(news, 3);
}

TEST(Channel, TellsTheWriterOnceWhenTheReaderLeaves) {
  int left = 0;
  auto channel = make_channel<int>(10);
  channel.writer.on_left([&] { ++left; });
  {
    const ChannelReader<int> moved = std::move(channel.reader);
  }
  EXPECT_EQ(left, 1);
  EXPECT_TRUE(channel.writer.reader_left());
  EXPECT_FALSE(channel.writer.send(1, 1));
  EXPECT_FALSE(channel.writer.send_last(1));
}

TEST(Channel, GivesAStalledReaderUpThatIsTooFarBehind) {
  int left = 0;
  auto [writer, reader] = make_channel<int>(10);
  writer.on_left([&] { ++left; });
  reader.stalled(true);
  EXPECT_TRUE(writer.send(1, 6));
  EXPECT_TRUE(writer.send(2, 4));
  EXPECT_EQ(left, 0);
  EXPECT_FALSE(writer.send(3, 1));
  EXPECT_EQ(left, 1);
  EXPECT_TRUE(reader.ended());
}

TEST(Channel, LetsABurstPassToAReaderThatIsNotStalled) {
  auto [writer, reader] = make_channel<int>(10);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(writer.send(i, 10));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(reader.take(), i);
  EXPECT_FALSE(reader.ended());
}

TEST(Channel, GivesAReaderUpThatStallsWithTooMuchUntaken) {
  int left = 0;
  auto [writer, reader] = make_channel<int>(10);
  writer.on_left([&] { ++left; });
  for (int i = 0; i < 100; ++i) writer.send(i, 10);
  reader.stalled(true);
  EXPECT_EQ(left, 1);
  EXPECT_TRUE(reader.ended());
}

TEST(Channel, MeasuresOnlyWhatWasNotTaken) {
  auto [writer, reader] = make_channel<int>(10);
  reader.stalled(true);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(writer.send(i, 10));
    EXPECT_EQ(reader.take(), i);
  }
  EXPECT_TRUE(writer.send(1, 10));
  EXPECT_TRUE(writer.send_last(2)) << "the last word always fits";
}

}  // namespace
}  // namespace parley::async
