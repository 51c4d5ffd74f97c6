#include "adapters/bundle/ignore_rules.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

bool ignores(std::string_view rules, std::string_view path) {
  const Result<IgnoreRules> parsed = IgnoreRules::parse(rules);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed && parsed->ignores(path);
}

std::string complaint(std::string_view rules) {
  const Result<IgnoreRules> parsed = IgnoreRules::parse(rules);
  return parsed ? "" : parsed.error().message;
}

TEST(IgnoreRules, NoRulesIgnoreNothing) {
  EXPECT_FALSE(IgnoreRules().ignores("anything"));
}

TEST(IgnoreRules, APatternIsRootedAtTheContext) {
  EXPECT_TRUE(ignores("temp", "temp"));
  EXPECT_FALSE(ignores("temp", "sub/temp"));
  EXPECT_FALSE(ignores("temp", "temporary"));
  EXPECT_TRUE(ignores("/temp", "temp"));
  EXPECT_TRUE(ignores("./temp/", "temp"));
  EXPECT_TRUE(ignores("sub/../temp", "temp"));
}

TEST(IgnoreRules, ContentOfAnIgnoredFolderIsIgnored) {
  EXPECT_TRUE(ignores("node_modules", "node_modules/a/b.js"));
  EXPECT_TRUE(ignores("*/cache", "src/cache/deep/file"));
}

TEST(IgnoreRules, AStarStaysWithinOneComponent) {
  EXPECT_TRUE(ignores("*.o", "main.o"));
  EXPECT_FALSE(ignores("*.o", "src/main.o"));
  EXPECT_TRUE(ignores("*/temp*", "somedir/temporary.txt"));
  EXPECT_TRUE(ignores("*/*/temp*", "a/b/temp"));
  EXPECT_FALSE(ignores("*/*/temp*", "a/temp"));
  EXPECT_TRUE(ignores("temp?", "tempa"));
  EXPECT_FALSE(ignores("temp?", "temp"));
  EXPECT_FALSE(ignores("a?b", "a/b"));
}

TEST(IgnoreRules, TwoStarsCrossComponents) {
  EXPECT_TRUE(ignores("**/*.go", "main.go"));
  EXPECT_TRUE(ignores("**/*.go", "a/b/c/main.go"));
  EXPECT_TRUE(ignores("**", "a/b"));
  EXPECT_TRUE(ignores("dir/**", "dir/a/b"));
  EXPECT_FALSE(ignores("dir/**", "dir"));
  EXPECT_TRUE(ignores("a/**/z", "a/z"));
  EXPECT_TRUE(ignores("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(ignores("a/**/z", "a/bz"));
  EXPECT_TRUE(ignores("**file", "a/file"));
}

TEST(IgnoreRules, CharacterClassesAndEscapesWorkAsInDocker) {
  EXPECT_TRUE(ignores("[a-c].txt", "b.txt"));
  EXPECT_FALSE(ignores("[^a-c].txt", "b.txt"));
  EXPECT_TRUE(ignores("[^a-c].txt", "d.txt"));
  EXPECT_TRUE(ignores("\\*.txt", "*.txt"));
  EXPECT_FALSE(ignores("\\*.txt", "a.txt"));
  EXPECT_TRUE(ignores("[]x]", "]"));
  EXPECT_TRUE(ignores("a.b+(c)", "a.b+(c)"));
  EXPECT_FALSE(ignores("a.b", "axb"));
}

TEST(IgnoreRules, TheLastPatternThatMatchesDecides) {
  constexpr std::string_view kRules = "*.md\n!README*.md\nREADME-secret.md\n";
  EXPECT_TRUE(ignores(kRules, "CHANGES.md"));
  EXPECT_FALSE(ignores(kRules, "README.md"));
  EXPECT_TRUE(ignores(kRules, "README-secret.md"));
  EXPECT_FALSE(ignores("*.md\nREADME-secret.md\n!README*.md", "README-secret.md"));
  EXPECT_FALSE(ignores("out\n!out/keep", "out/keep/file"));
  EXPECT_TRUE(ignores("out\n!out/keep", "out/other"));
}

TEST(IgnoreRules, CommentsBlankLinesAndAByteOrderMarkAreSkipped) {
  EXPECT_TRUE(ignores("\xEF\xBB\xBF# temp\n\n   \n  a.txt \r\n", "a.txt"));
  EXPECT_FALSE(ignores("# temp", "# temp"));
  EXPECT_FALSE(ignores("#temp", "temp"));
}

TEST(IgnoreRules, TheDockerfileAndTheIgnoreFileAreAlwaysIncluded) {
  EXPECT_FALSE(ignores("**", "Dockerfile"));
  EXPECT_FALSE(ignores("*", ".dockerignore"));
  EXPECT_TRUE(ignores("**", "sub/Dockerfile"));
}

TEST(IgnoreRules, NamesThatAreNotUtf8CanBeMatched) {
  EXPECT_TRUE(ignores("temp?", "tempä"));
  EXPECT_TRUE(ignores("[à-ü]", "ä"));
  EXPECT_TRUE(ignores("?", "\xFF"));
  EXPECT_TRUE(ignores("a*", "a\xC3"));
}

TEST(IgnoreRules, AnInvalidPatternIsReportedWithItsLine) {
  EXPECT_EQ(complaint("ok\n[a-"),
            ".dockerignore line 2: a '[' is not closed; write '\\[' for a literal bracket");
  EXPECT_EQ(complaint("!"), ".dockerignore line 1: a pattern must follow the '!'");
  EXPECT_EQ(complaint("[z-a]"), ".dockerignore line 1: a range in '[…]' must not run backwards");
  EXPECT_EQ(complaint("a\\"),
            ".dockerignore line 1: nothing follows the '\\' at the end of the pattern");
}

// Goal: no pattern makes matching slow. Method: a pattern on which a backtracking matcher takes
// 2^40 steps.
TEST(IgnoreRules, MatchingTimeIsBoundedWhateverThePattern) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(ignores(pattern + "b", std::string(200, 'a')));
  std::string folders;
  for (int i = 0; i < 40; ++i) folders += "**/a/";
  std::string path;
  for (int i = 0; i < 100; ++i) path += "a/";
  EXPECT_FALSE(ignores(folders + "b", path + "c"));
}

}  // namespace
}  // namespace hearth
