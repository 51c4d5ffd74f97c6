#include "base/fnv_hash.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

// The values are those of the authors' test vectors.
TEST(FnvHash, IsTheOneOfItsAuthors) {
  EXPECT_EQ(fnv_hash_of(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv_hash_of("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(fnv_hash_of("foobar"), 0x85944171f73967e8ULL);
}

TEST(FnvHash, OfPiecesIsThatOfTheWhole) {
  FnvHash pieces;
  pieces.add("foo");
  pieces.add("bar");
  EXPECT_EQ(pieces.value(), fnv_hash_of("foobar"));
}

}  // namespace
}  // namespace hearth
