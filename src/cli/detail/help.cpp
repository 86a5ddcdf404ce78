#include "cli/detail/help.h"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace gyre::cli::detail {
namespace {

constexpr size_t kWidth = 92;

using Entry = std::pair<std::string, std::string>;

// Two columns; what does not fit beside its name goes on below, between words.
std::string Columns(const std::string& title, const std::vector<Entry>& entries) {
    if (entries.empty()) return "";
    size_t left = 0;
    for (const auto& [name, text] : entries) left = std::max(left, name.size());
    left += 4;
    std::string out = "\n" + title + ":\n";
    for (const auto& [name, text] : entries) {
        std::string line = "  " + name;
        line.resize(left, ' ');
        std::istringstream words(text);
        bool first = true;
        for (std::string word; words >> word;) {
            if (!first && line.size() + 1 + word.size() > kWidth) {
                out += line + "\n";
                line = std::string(left, ' ');
                first = true;
            }
            if (!first) line += ' ';
            line += word;
            first = false;
        }
        out += line + "\n";
    }
    return out;
}

std::string OptionName(const CLI::Option& option) {
    std::string name;
    for (const std::string& letter : option.get_snames()) name += "-" + letter + ", ";
    for (const std::string& word : option.get_lnames()) name += "--" + word + ", ";
    name.resize(name.size() - 2);
    if (option.get_type_size() != 0) name += " " + option.get_type_name();
    return name;
}

std::vector<Entry> EntriesOf(const CLI::App& app, bool positional) {
    std::vector<Entry> entries;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional() != positional) continue;
        entries.emplace_back(positional ? option->get_name(true) : OptionName(*option),
                             option->get_description());
    }
    return entries;
}

}  // namespace

std::string HelpText(const CLI::App& app) {
    const bool whole = app.get_parent() == nullptr;
    std::string usage = whole ? "usage: gyre COMMAND [OPTIONS]" : "usage: gyre " + app.get_name();
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_positional()) continue;
        const std::string name = option->get_name(true);
        usage += option->get_required() ? " " + name : " [" + name + "]";
    }
    if (!whole) usage += " [OPTIONS]";

    std::vector<Entry> commands;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        commands.emplace_back(command->get_name(), command->get_description());
    }
    std::string text = usage + "\n\n" + app.get_description() + ".\n";
    text += Columns("Commands", commands);
    text += Columns("Arguments", EntriesOf(app, true));
    text += Columns("Options", EntriesOf(app, false));
    if (!app.get_footer().empty()) text += "\n" + app.get_footer() + "\n";
    return text;
}

std::string NearestOf(const std::string& word, const std::vector<std::string>& known) {
    std::string nearest;
    size_t least = word.size() / 3 + 2;
    for (const std::string& candidate : known) {
        std::vector<size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), 0U);
        for (size_t i = 1; i <= word.size(); ++i) {
            size_t diagonal = row[0];
            row[0] = i;
            for (size_t j = 1; j <= candidate.size(); ++j) {
                const size_t change = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
            }
        }
        if (row.back() < least) {
            least = row.back();
            nearest = candidate;
        }
    }
    return nearest;
}

}  // namespace gyre::cli::detail
