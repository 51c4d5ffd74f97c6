#include "adapters/usage/man_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "adapters/usage/synopsis.h"

namespace hearth::usage {
namespace {

/// Escapes text so that roff prints it literally (groff_man_style(7), "Portability").
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      default: out += c;
    }
  }
  return out;
}

/// A line of text. One that begins with a dot would be a request.
std::string line_of(std::string_view text) {
  return (text.starts_with('.') ? "\\&" : "") + escaped(text) + "\n";
}

std::string lines_of(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += line_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string described(std::string_view bold, std::string_view placeholder, std::string_view help) {
  std::string tag;
  if (!bold.empty()) tag = fmt::format("\\fB{}\\fR", escaped(bold));
  if (!placeholder.empty()) {
    tag += fmt::format("{}\\fI{}\\fR", tag.empty() ? "" : " ", escaped(placeholder));
  }
  return fmt::format(".TP\n{}\n{}", tag, line_of(help));
}

std::string arguments_of(const Program& program, const CommandDescription& command) {
  std::string positionals;
  std::string options;
  for (const Arguments::Declared& argument : command.arguments.declared()) {
    const Arguments::Text& text = argument.text;
    if (argument.kind == Arguments::Kind::kPositional) {
      positionals += described("", text.placeholder, text.help);
      continue;
    }
    const OptionNames names = names_of(text);
    const bool both = !names.short_name.empty() && !names.long_name.empty();
    options += described(
        both ? fmt::format("{}, {}", names.short_name, names.long_name) : std::string(text.names),
        text.placeholder, text.help);
  }
  // Options that all commands have are described once, with the program's own options.
  if (program.has_commands()) return positionals + options;
  return positionals + options + described("-h, --help", "", kHelpOfHelp) +
         described("--version", "", kHelpOfVersion);
}

/// Unfilled lines: commands to type.
std::string examples_of(const CommandText& text) {
  std::string out;
  for (const Example& example : text.examples) {
    if (!example.what.empty()) out += line_of("# " + std::string(example.what));
    out += lines_of(example.line);
  }
  return ".nf\n.RS 4\n" + out + ".RE\n.fi\n";
}

std::string page_of_command(const Program& program, const CommandDescription& command) {
  return fmt::format(".SS {}\n{}", escaped(synopsis_of(program, command)),
                     line_of(command.text.summary)) +
         (command.text.details.empty() ? "" : lines_of(command.text.details)) +
         arguments_of(program, command) + ".PP\nExamples:\n" + examples_of(command.text);
}

std::string commands_of(const Program& program) {
  std::string out = ".SH OPTIONS\n";
  out += described("-h, --help", "", "for each command and for the program: its arguments");
  out += described("--version", "", kHelpOfVersion);
  out += ".SH COMMANDS\n";
  for (const CommandDescription& command : program.commands) {
    if (command.text.audience == CommandText::Audience::kPeople) {
      out += page_of_command(program, command);
    }
  }
  return out;
}

}  // namespace

std::string man_page_of(const Program& program, const std::vector<Program>& others,
                        std::string_view version) {
  const CommandDescription& first = program.commands[0];
  std::string_view summary = program.summary;
  if (summary.ends_with('.')) summary.remove_suffix(1);
  std::string out = fmt::format(".TH {} {} \"\" \"Hearth {}\" Hearth\n.SH NAME\n{} \\- {}\n",
                                upper(escaped(program.name)), program.man_section, version,
                                escaped(program.name), escaped(summary));
  out +=
      fmt::format(".SH SYNOPSIS\n\\fB{}\\fR",
                  escaped(program.has_commands() ? program.name
                                                 : std::string_view(synopsis_of(program, first))));
  out += program.has_commands() ? " \\fICOMMAND\\fR [\\fIARGUMENT\\fR…]\n" : "\n";
  if (program.has_commands()) {
    out += commands_of(program);
  } else {
    out += ".SH DESCRIPTION\n" + line_of(first.text.summary) + lines_of(first.text.details);
    out += ".SH OPTIONS\n" + arguments_of(program, first);
    out += ".SH EXAMPLES\n" + examples_of(first.text);
  }
  for (const Section& section : program.sections) {
    out += fmt::format(".SH {}\n", upper(escaped(section.title))) + lines_of(section.text);
  }
  std::string others_named;
  for (const Program& other : others) {
    if (other.name == program.name) continue;
    others_named += fmt::format("{}\\fB{}\\fR({})", others_named.empty() ? "" : ", ",
                                escaped(other.name), other.man_section);
  }
  if (!others_named.empty()) out += ".SH SEE ALSO\n" + others_named + "\n";
  return out;
}

}  // namespace hearth::usage
