#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "adapters/usage/arguments.h"
#include "base/check.h"
#include "base/spelling.h"

namespace hearth::usage {
namespace {

using Declared = Arguments::Declared;
using Kind = Arguments::Kind;

/// The name used in errors: the long one, if there is one.
std::string_view spoken_name(const Declared& argument) {
  const OptionNames names = names_of(argument.text);
  return names.long_name.empty() ? names.short_name : names.long_name;
}

/// Assigns words to their arguments. Fills no variable until the whole command line is valid.
class Reader {
 public:
  explicit Reader(const Arguments& arguments)
      : declared_(arguments.declared()), given_(declared_.size()) {}

  Result<void> read(const std::vector<std::string>& words) {
    for (at_ = 0; at_ < words.size(); ++at_) {
      const std::string& word = words[at_];
      Result<void> read;
      if (only_positionals_ || word.size() < 2 || word[0] != '-') {
        read = read_positional(word);
      } else if (word == "--") {
        only_positionals_ = true;
      } else {
        read = word[1] == '-' ? read_long(word, words) : read_short(word, words);
      }
      if (!read) return read;
    }
    return {};
  }

  /// The values given to each argument, in the order of the declarations.
  Result<void> hand_over() const {
    for (std::size_t i = 0; i < declared_.size(); ++i) {
      const Declared& argument = declared_[i];
      HEARTH_CHECK(argument.take);
      if (given_[i].empty() && argument.need == Arguments::Need::kRequired) {
        return refuse(fmt::format("{} is required", spoken_name(argument)));
      }
      const bool every = argument.kind == Kind::kList;
      const std::size_t first = every || given_[i].empty() ? 0 : given_[i].size() - 1;
      for (std::size_t k = first; k < given_[i].size(); ++k) {
        if (Result<void> taken = argument.take(given_[i][k]); !taken) {
          return fail(taken.error().code, fmt::format("{}: '{}': {}", spoken_name(argument),
                                                      given_[i][k], taken.error().message));
        }
      }
    }
    return {};
  }

 private:
  static tl::unexpected<Error> refuse(std::string message) {
    return fail(ErrorCode::kInvalidArgument, std::move(message));
  }

  Result<void> read_positional(const std::string& word) {
    for (std::size_t i = 0; i < declared_.size(); ++i) {
      if (declared_[i].kind == Kind::kPositional && given_[i].empty()) return give(i, word);
    }
    return refuse(fmt::format("unexpected argument '{}'", word));
  }

  Result<void> read_long(const std::string& word, const std::vector<std::string>& words) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::optional<std::size_t> found = index_of(name);
    if (!found) return refuse_unknown(name);
    if (declared_[*found].kind != Kind::kFlag) {
      if (equals != std::string::npos) return give(*found, word.substr(equals + 1));
      return give_next(*found, words);
    }
    if (equals != std::string::npos) return refuse(fmt::format("{} accepts no value", name));
    given_[*found].emplace_back();
    return {};
  }

  /// Reads "-f", "-oVALUE", and several flags in one word.
  Result<void> read_short(const std::string& word, const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name{'-', word[i]};
      const std::optional<std::size_t> found = index_of(name);
      if (!found) return refuse_unknown(name);
      if (declared_[*found].kind != Kind::kFlag) {
        if (i + 1 == word.size()) return give_next(*found, words);
        return give(*found, word.substr(i + 1));
      }
      given_[*found].emplace_back();
    }
    return {};
  }

  Result<void> give_next(std::size_t index, const std::vector<std::string>& words) {
    if (at_ + 1 < words.size()) return give(index, words[++at_]);
    return refuse(fmt::format("{} requires a value", spoken_name(declared_[index])));
  }

  /// An empty value is never intended: scripts produce it from an unset variable.
  Result<void> give(std::size_t index, const std::string& value) {
    if (value.empty()) {
      return refuse(fmt::format("{} requires a non-empty value", spoken_name(declared_[index])));
    }
    given_[index].push_back(value);
    return {};
  }

  std::optional<std::size_t> index_of(std::string_view name) const {
    for (std::size_t i = 0; i < declared_.size(); ++i) {
      if (declared_[i].kind == Kind::kPositional) continue;
      const OptionNames names = names_of(declared_[i].text);
      if (name == names.short_name || name == names.long_name) return i;
    }
    return std::nullopt;
  }

  tl::unexpected<Error> refuse_unknown(const std::string& name) const {
    std::vector<std::string_view> known{"--help"};
    for (const Declared& argument : declared_) {
      if (argument.kind != Kind::kPositional) known.push_back(spoken_name(argument));
    }
    // A name of one letter is near to any other.
    const std::string_view nearest = name.size() > 2 ? nearest_word(name, known) : "";
    return refuse(fmt::format("unknown option '{}'{}", name,
                              nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
  }

  const std::vector<Declared>& declared_;
  std::vector<std::vector<std::string>> given_;  ///< To each of `declared_`.
  std::size_t at_ = 0;
  bool only_positionals_ = false;
};

}  // namespace

Result<void> read_words(const std::vector<std::string>& words, const Arguments& arguments) {
  Reader reader(arguments);
  if (Result<void> read = reader.read(words); !read) return read;
  return reader.hand_over();
}

bool asks_for_help(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

}  // namespace hearth::usage
