#include "cli/client/sse_reader.h"

#include <vector>

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

std::vector<std::string> read(SseReader& reader, std::string_view bytes) {
  std::vector<std::string> seen;
  reader.feed(bytes, [&](const SseReader::Message& message) {
    seen.push_back(message.id + "|" + message.event + "|" + message.data);
  });
  return seen;
}

using Seen = std::vector<std::string>;

TEST(SseReader, ReadsIdTypeAndDataOfSeveralLines) {
  SseReader reader;
  EXPECT_EQ(read(reader, "id: 7\nevent: node.dead\ndata: {\"a\":1}\n\ndata:x\ndata: y\n\n"),
            (Seen{"7|node.dead|{\"a\":1}", "7||x\ny"}));
  EXPECT_EQ(reader.last_id(), "7");
}

TEST(SseReader, SkipsCommentsUnknownFieldsAndMessagesWithoutData) {
  SseReader reader;
  EXPECT_EQ(read(reader, ": still here\n\nretry: 100\nid: 3\n\nunknown\ndata: z\n\n"),
            (Seen{"3||z"}));
}

// Goal: the way the network splits the stream does not matter. Method: byte by byte, all line ends.
TEST(SseReader, AcceptsMessagesInAnyPieces) {
  constexpr std::string_view kStream = "id: 1\r\ndata: a\r\n\r\nid: 2\rdata: b\r\rdata: c\n\n";
  SseReader reader;
  Seen seen;
  for (const char c : kStream) {
    for (std::string& message : read(reader, std::string_view(&c, 1))) {
      seen.push_back(std::move(message));
    }
  }
  EXPECT_EQ(seen, (Seen{"1||a", "2||b", "2||c"}));
}

TEST(SseReader, SkipsAMessageThatIsTooLargeAndReadsTheNext) {
  SseReader reader;
  EXPECT_EQ(read(reader, "data: " + std::string(SseReader::kMessageBytesMax, 'x')), Seen{});
  EXPECT_EQ(read(reader, std::string(SseReader::kMessageBytesMax, 'x') + "\n\ndata: after\n\n"),
            (Seen{"||after"}));
}

}  // namespace
}  // namespace hearth::cli
