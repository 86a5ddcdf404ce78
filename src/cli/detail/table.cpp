#include "cli/detail/table.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gyre::cli::detail {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kLeastLastColumn = 12;

}  // namespace

std::string Paint(std::string_view text, Colour colour, bool on) {
    constexpr std::array<const char*, 6> kCodes = {"", "31", "32", "33", "2", "1"};
    if (!on || colour == Colour::kNone || text.empty()) return std::string(text);
    return std::string("\033[") + kCodes[static_cast<size_t>(colour)] + "m" + std::string(text) +
           "\033[0m";
}

Colour ColourOfStatus(std::string_view status) {
    if (status == "InService") return Colour::kGreen;
    if (status == "Failed") return Colour::kRed;
    return Colour::kYellow;
}

size_t ColumnsOf(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string OneLine(std::string_view text) {
    std::string line(text);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return line;
}

std::string CutTo(const std::string& text, size_t columns) {
    if (ColumnsOf(text) <= columns) return text;
    std::string cut;
    size_t used = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++used >= columns) break;
        cut += c;
    }
    return cut + "…";
}

void Table::Add(std::vector<Cell> row) {
    for (Cell& cell : row) cell.text = OneLine(cell.text);
    row.resize(headings_.size());
    rows_.push_back(std::move(row));
}

std::string Table::Text(const Session& session) const {
    if (session.out_is_terminal) return ForTerminal(session);
    std::string text;
    for (const auto& row : rows_) {
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0) text += '\t';
            text += row[i].text;
        }
        text += '\n';
    }
    return text;
}

std::string Table::ForTerminal(const Session& session) const {
    std::vector<size_t> widths;
    size_t before_last = 0;
    for (size_t i = 0; i < headings_.size(); ++i) {
        size_t width = ColumnsOf(headings_[i]);
        for (const auto& row : rows_) width = std::max(width, ColumnsOf(row[i].text));
        widths.push_back(width);
        if (i + 1 < headings_.size()) before_last += width + kGap;
    }
    const size_t last =
        std::max(session.width > before_last ? session.width - before_last : 0, kLeastLastColumn);
    std::string text;
    const auto add_row = [&](const std::vector<Cell>& row) {
        for (size_t i = 0; i + 1 < row.size(); ++i) {
            text += Paint(row[i].text, row[i].colour, session.colour);
            text.append(widths[i] + kGap - ColumnsOf(row[i].text), ' ');
        }
        text += Paint(CutTo(row.back().text, last), row.back().colour, session.colour);
        while (text.ends_with(' ')) text.pop_back();
        text += '\n';
    };
    std::vector<Cell> heading;
    for (const std::string& name : headings_) heading.push_back({name, Colour::kBold});
    add_row(heading);
    for (const auto& row : rows_) add_row(row);
    return text;
}

std::string Age(std::optional<double> epoch_seconds, core::WallTime now) {
    if (!epoch_seconds) return "";
    const auto age = static_cast<int64_t>(core::EpochSeconds(now) - *epoch_seconds);
    if (age < 60) return std::to_string(std::max<int64_t>(age, 0)) + "s";
    if (age < 3600) return std::to_string(age / 60) + "m";
    if (age < 86'400) return std::to_string(age / 3600) + "h";
    return std::to_string(age / 86'400) + "d";
}

std::string Size(uint64_t bytes) {
    if (bytes < 1000) return std::to_string(bytes) + " bytes";
    constexpr std::array<const char*, 4> kUnits = {"kB", "MB", "GB", "TB"};
    auto amount = static_cast<double>(bytes) / 1000;
    size_t unit = 0;
    while (amount >= 999.5 && unit + 1 < kUnits.size()) {
        amount /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, amount < 10 ? "%.1f %s" : "%.0f %s", amount, kUnits[unit]);
    return text;
}

}  // namespace gyre::cli::detail
