#include "adapters/http/token_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "adapters/file/file.h"
#include "base/check.h"

namespace hearth {
namespace {

constexpr std::size_t kTokenBytesMin = 20;
constexpr std::size_t kTokenBytesMax = 256;

}  // namespace

std::string make_token() {
  std::array<unsigned char, 32> random{};
  HEARTH_CHECK(::getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  std::string token;
  for (const unsigned char byte : random) token += fmt::format("{:02x}", byte);
  return token;
}

Result<std::string> read_token_file(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return tl::unexpected(file.error());
  struct stat status{};
  if (::fstat(file->descriptor(), &status) != 0) {
    return tl::unexpected(file_error("cannot read", path, errno));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(
        ErrorCode::kUnauthorized,
        fmt::format("users other than its owner can access the token file '{0}'; run: chmod "
                    "600 '{0}', and renew the token if others might have read it",
                    path.string()));
  }
  Result<std::string> text = file->read(kTokenBytesMax + 2);
  if (!text) return text;
  if (text->empty() || text->find('\0') != std::string::npos) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("the token file '{}' is damaged: it {}", path.string(),
                            text->empty() ? "is empty" : "contains zero bytes"));
  }
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  const bool printable =
      std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable || text->size() < kTokenBytesMin || text->size() > kTokenBytesMax) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "'{}' does not hold a token, which is one line of {} to {} printable characters",
            path.string(), kTokenBytesMin, kTokenBytesMax));
  }
  return text;
}

Result<std::string> ensure_token_file(const std::filesystem::path& path,
                                      const std::function<void(const Error&)>& on_damage) {
  Result<std::string> token = read_token_file(path);
  if (!token && token.error().code == ErrorCode::kInvalidArgument) {
    return fail(token.error().code,
                token.error().message + "; remove the file, and the next start creates a new one");
  }
  const bool damaged = !token && token.error().code == ErrorCode::kCorrupt;
  if (token || (token.error().code != ErrorCode::kNotFound && !damaged)) return token;
  if (damaged && on_damage) {
    on_damage({ErrorCode::kCorrupt, token.error().message +
                                        "; a new token is created: give it to every agent and "
                                        "user, or restore the old one and restart"});
  }
  token = make_token();
  if (const auto written = replace_file(path, *token + "\n"); !written) {
    return tl::unexpected(written.error());
  }
  return token;
}

}  // namespace hearth
