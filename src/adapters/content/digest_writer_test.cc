#include "adapters/content/digest_writer.h"

#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

TEST(DigestWriter, KnowsTheDigestOfWhatItWrote) {
  const TemporaryDirectory folder;
  Result<DigestWriter> writer = DigestWriter::create(folder / "file", 100);
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->write("ab").has_value());
  ASSERT_TRUE(writer->write("c").has_value());
  EXPECT_EQ(writer->bytes(), 3U);
  EXPECT_EQ(writer->finish(), sha256_of("abc"));
  EXPECT_EQ(read_file(folder / "file", 100).value(), "abc");
}

TEST(DigestWriter, WritesMoreThanItFlushesAtOnce) {
  const TemporaryDirectory folder;
  const std::string piece(1 << 20, 'x');
  Result<DigestWriter> writer = DigestWriter::create(folder / "file", 1 << 30);
  ASSERT_TRUE(writer.has_value());
  Sha256 sum;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(writer->write(piece).has_value());
    sum.add(piece);
  }
  EXPECT_EQ(writer->finish(), sum.finish());
  EXPECT_EQ(std::filesystem::file_size(folder / "file"), 20U << 20);
}

TEST(DigestWriter, AcceptsBytesUpToItsBoundAndNotOneMore) {
  const TemporaryDirectory folder;
  Result<DigestWriter> writer = DigestWriter::create(folder / "file", 4);
  ASSERT_TRUE(writer.has_value());
  EXPECT_TRUE(writer->write("1234").has_value());
  EXPECT_TRUE(writer->write("").has_value());
  const Result<void> written = writer->write("5");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(std::filesystem::file_size(folder / "file"), 4U);
}

TEST(DigestWriter, AFullDiskIsExhausted) {
  Result<DigestWriter> writer = DigestWriter::create("/dev/full", 100);
  ASSERT_TRUE(writer.has_value());
  const Result<void> written = writer->write("x");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace hearth
