#pragma once

#include <string>
#include <vector>

#include "cli/detail/session.h"
#include "core/json.h"

namespace gyre::cli::detail {

enum class Colour { kNone, kRed, kGreen, kYellow, kDim, kBold };

/// `text` in that colour where `on`.
[[nodiscard]] std::string Paint(std::string_view text, Colour colour, bool on);
/// Green for what is well, red for what failed, yellow for what is on its way.
[[nodiscard]] Colour ColourOfStatus(std::string_view status);

/// Rows for people on a terminal, and for other programs elsewhere: there each row is a line of
/// cells with a tab between them, and no heading.
class Table {
  public:
    struct Cell {
        std::string text;
        Colour colour = Colour::kNone;
    };

    explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
    void Add(std::vector<Cell> row);
    /// On a terminal, rows are cut to its width: the last column loses.
    [[nodiscard]] std::string Text(const Session& session) const;

  private:
    [[nodiscard]] std::string ForTerminal(const Session& session) const;

    std::vector<std::string> headings_;
    std::vector<std::vector<Cell>> rows_;
};

/// Columns that `text` (UTF-8) takes, counting one for each code point.
[[nodiscard]] size_t ColumnsOf(std::string_view text);
/// `text` with a space for each character that would break a line or steer the terminal.
[[nodiscard]] std::string OneLine(std::string_view text);
/// At most that many columns of it, with "…" where some were cut.
[[nodiscard]] std::string CutTo(const std::string& text, size_t columns);
/// "3m", "2h", "5d": how long ago, in the largest unit; "" for an absent time.
[[nodiscard]] std::string Age(std::optional<double> epoch_seconds, core::WallTime now);
/// "1.5 MB"
[[nodiscard]] std::string Size(uint64_t bytes);

}  // namespace gyre::cli::detail
