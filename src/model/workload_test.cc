#include "model/workload.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

WorkloadName workload(const std::string& text) {
  return WorkloadName::parse(text).value();
}

NodeName node(const std::string& text) {
  return NodeName::parse(text).value();
}

Release release(std::uint64_t generation, char bundle = 'a') {
  return {.generation = {generation},
          .spec = {.bundle = Digest::parse("sha256:" + std::string(64, bundle)).value()},
          .image = std::nullopt};
}

TEST(ImageReference, DiffersForEveryBuild) {
  const std::string reference = image_reference(workload("app"), release(1), node("n1"));
  EXPECT_EQ(reference, "hearth/app:1-n1-aaaaaaaaaaaa");
  EXPECT_NE(image_reference(workload("app"), release(2), node("n1")), reference);
  EXPECT_NE(image_reference(workload("app"), release(1), node("n2")), reference);
  EXPECT_NE(image_reference(workload("app"), release(1, 'b'), node("n1")), reference);
}

// A runtime refuses a repository that ends in a hyphen, and tags of more than 128 characters.
TEST(ImageReference, IsValidForEveryName) {
  EXPECT_EQ(image_reference(workload("app-"), release(1), node("n")),
            "hearth/app__0:1-n-aaaaaaaaaaaa");
  EXPECT_EQ(image_reference(workload("a--"), release(1), node("n")),
            "hearth/a__00:1-n-aaaaaaaaaaaa");
  EXPECT_EQ(image_reference(workload("a-b"), release(1), node("n")), "hearth/a-b:1-n-aaaaaaaaaaaa");
  const std::string longest =
      image_reference(workload("w"), release(1'000'000'000), node(std::string(63, 'n')));
  const std::string of_the_build = "-1000000000.1000000000";
  EXPECT_LE(longest.substr(longest.find(':') + 1).size() + of_the_build.size(), 128U);
}

}  // namespace
}  // namespace hearth
