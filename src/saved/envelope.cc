#include "saved/envelope.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/fnv_hash.h"
#include "base/version.h"
#include "saved/byte_stream.h"

namespace hearth::saved {
namespace {

constexpr std::string_view kMagic = "HearthSt";

/// The fields of the header, unchecked.
struct Header {
  std::uint32_t format;
  std::uint32_t owner;
  std::uint64_t layout;
  std::uint64_t length;
  std::uint64_t checksum;
};

Header header_of(std::string_view bytes) {
  ByteReader in(bytes.substr(kMagic.size(), kHeaderBytes - kMagic.size()), kMagic.size());
  const Header header{.format = in.take<std::uint32_t>().value(),
                      .owner = in.take<std::uint32_t>().value(),
                      .layout = in.take<std::uint64_t>().value(),
                      .length = in.take<std::uint64_t>().value(),
                      .checksum = in.take<std::uint64_t>().value()};
  HEARTH_CHECK(in.left() == 0);
  return header;
}

Result<void> check_origin(const Header& header, const Envelope& wanted) {
  if (header.format != kFormat) {
    return fail(ErrorCode::kConflict,
                fmt::format("at byte 8: format {}, and this build reads {}; read it with the build "
                            "that wrote it",
                            header.format, kFormat));
  }
  if (header.owner != static_cast<std::uint32_t>(wanted.owner)) {
    return fail(ErrorCode::kConflict, "at byte 12: it belongs to another program");
  }
  if (header.layout != wanted.layout) {
    return fail(ErrorCode::kConflict,
                fmt::format("at byte {}: another build than this one ({}) wrote it; read it with "
                            "that one",
                            kLayoutAt, version()));
  }
  return {};
}

Result<void> check_body(const Header& header, std::string_view body) {
  if (body.size() < header.length) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("truncated at byte {}: {} bytes are missing",
                            kHeaderBytes + body.size(), header.length - body.size()));
  }
  if (body.size() > header.length) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("damaged at byte {}: it ends there, but {} bytes follow",
                            kHeaderBytes + header.length, body.size() - header.length));
  }
  if (fnv_hash_of(body) != header.checksum) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("damaged in bytes {} to {}: the checksum does not match", kHeaderBytes,
                            kHeaderBytes + body.size()));
  }
  return {};
}

Result<std::string_view> open_any(const Envelope& envelope, std::string_view bytes) {
  if (!kMagic.starts_with(bytes.substr(0, kMagic.size()))) {
    return fail(ErrorCode::kCorrupt, "damaged at byte 0: this is no saved state");
  }
  if (bytes.size() < kHeaderBytes) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("truncated at byte {}, in its header", bytes.size()));
  }
  const Header header = header_of(bytes);
  const std::string_view body = bytes.substr(kHeaderBytes);
  return check_origin(header, envelope).and_then([&] { return check_body(header, body); }).map([&] {
    return body;
  });
}

}  // namespace

std::string_view name_of(Owner owner) {
  switch (owner) {
    case Owner::kManager: return "manager";
    case Owner::kAgent: return "agent";
  }
  HEARTH_CHECK(false);
}

std::string seal(const Envelope& envelope, std::string_view body) {
  ByteWriter out;
  out.put_raw(kMagic);
  out.put(kFormat);
  out.put(static_cast<std::uint32_t>(envelope.owner));
  out.put(envelope.layout);
  out.put(static_cast<std::uint64_t>(body.size()));
  out.put(fnv_hash_of(body));
  out.put_raw(body);
  return out.take();
}

Result<std::string_view> open(const Envelope& envelope, std::string_view bytes) {
  return open_any(envelope, bytes).map_error([&envelope](Error error) {
    error.message =
        fmt::format("saved state of the {}: {}", name_of(envelope.owner), error.message);
    return error;
  });
}

}  // namespace hearth::saved
