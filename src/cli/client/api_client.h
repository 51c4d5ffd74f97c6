#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ports/http_client.h"

namespace hearth::cli {

/// `go_on` is called about every `interval` while a stream is read, even if no data arrives. False
/// ends the reading.
struct Watch {
  Duration interval = std::chrono::hours(1);
  std::function<bool()> go_on = [] { return true; };
};

/// A blocking client of the manager's HTTP API. A small value; copies may be used from several
/// threads, and a callback may make calls of its own.
///
/// Error messages are written for the operator at the terminal. kUnavailable: no manager answers at
/// this address, and what to do about it. kUnauthorized: which token is required. Other errors
/// carry the manager's own message, with kFailed if the manager could not reach a third party.
class ApiClient {
 public:
  /// `token` may be empty: a manager on loopback requires none. `user`: who uses it, "name@host" in
  /// printable ASCII, which the manager records with what it is asked to change; may be empty.
  ApiClient(Endpoint manager, std::string token, std::string user = {});

  const Endpoint& manager() const { return manager_; }
  /// "http://127.0.0.1:7700".
  std::string url() const;

  Result<std::string> get(std::string target) const;
  /// All pages of a list, in order. kExhausted beyond 10,000 pages.
  Result<std::vector<std::string>> get_pages(const std::string& target) const;
  Result<std::string> send(HttpMethod method, std::string target, std::string body = {}) const;
  /// Whether the manager's content store holds this content.
  Result<bool> has_content(const Digest& digest) const;
  Result<void> put_content(const Digest& digest, const std::filesystem::path& file) const;
  /// Passes the body to `sink` as it arrives, until it ends or `sink` or `watch` returns false.
  Result<void> stream(std::string target, std::vector<HttpHeader> headers, ChunkSink sink,
                      const Watch& watch = {}) const;

 private:
  HttpCall call(HttpMethod method, std::string target) const;
  Error explained(Error error) const;

  Endpoint manager_;
  std::string token_;
  std::string user_;
};

/// Maps an error of this machine, such as a file or an engine, to the codes of ApiClient: turns
/// kUnavailable into kFailed, because scripts take kUnavailable to mean that no manager answered.
Error of_this_machine(Error error);

/// The items of all pages, each as JSON.
Result<std::vector<std::string>> split_items(const std::vector<std::string>& pages);
/// `{"items":[…]}` of all pages together.
Result<std::string> join_pages(const std::vector<std::string>& pages);

}  // namespace hearth::cli
