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

/// Asked while a stream is read, about every `interval`, also when nothing comes. False ends the
/// reading.
struct Watch {
  Duration interval = std::chrono::hours(1);
  std::function<bool()> go_on = [] { return true; };
};

/// The manager's HTTP API for a program that may wait: every call returns when it is done. A small
/// value; copies may be used from several threads, and a callback may make calls of its own.
///
/// Errors are worded for the person at the terminal. kUnavailable: nobody answers there, and what
/// to do about it. kUnauthorized: which token is wanted. Others are the manager's own words, and
/// kFailed where it could not reach somebody else itself.
class ApiClient {
 public:
  /// `token` may be empty: a manager on loopback asks for none.
  ApiClient(Endpoint manager, std::string token);

  const Endpoint& manager() const { return manager_; }
  /// "http://127.0.0.1:7700".
  std::string url() const;

  Result<std::string> get(std::string target) const;
  /// All pages of a list, in order. kExhausted beyond 10,000 pages.
  Result<std::vector<std::string>> get_pages(const std::string& target) const;
  Result<std::string> send(HttpMethod method, std::string target, std::string body = {}) const;
  /// Whether content lies in the manager's store.
  Result<bool> has_content(const Digest& digest) const;
  Result<void> put_content(const Digest& digest, const std::filesystem::path& file) const;
  /// Hands over the answer's body as it comes, until it ends or the sink or the watch says so.
  Result<void> stream(std::string target, std::vector<HttpHeader> headers, ChunkSink sink,
                      const Watch& watch = {}) const;

 private:
  HttpCall call(HttpMethod method, std::string target) const;
  Error explained(Error error) const;

  Endpoint manager_;
  std::string token_;
};

/// An error of this machine, a file's or an engine's, fit to stand beside those of an ApiClient:
/// there kUnavailable is the manager's alone, and scripts tell by it that none answered.
Error of_this_machine(Error error);

/// The items of all pages, each as JSON.
Result<std::vector<std::string>> split_items(const std::vector<std::string>& pages);
/// `{"items":[…]}` of all pages together.
Result<std::string> join_pages(const std::vector<std::string>& pages);

}  // namespace hearth::cli
