#include "access/detail/statement_places.h"

#include <algorithm>

namespace gyre::access::detail {
namespace {

/// Walks over JSON that a parser has accepted, so it only has to find the ends.
class Walker {
  public:
    explicit Walker(std::string_view json) : json_(json) {}

    void SkipSpace() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }
    [[nodiscard]] bool At(char c) const { return at_ < json_.size() && json_[at_] == c; }
    [[nodiscard]] bool AtEnd() const { return at_ >= json_.size(); }
    [[nodiscard]] size_t Place() const { return at_; }
    void Step() { ++at_; }

    /// The text between the quotes, as it is written.
    std::string_view String() {
        const size_t begin = ++at_;
        while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
        at_ = std::min(at_, json_.size());
        const std::string_view text = json_.substr(begin, at_ - begin);
        if (at_ < json_.size()) ++at_;
        return text;
    }

    void SkipValue() {
        SkipSpace();
        size_t depth = 0;
        while (at_ < json_.size()) {
            const char c = json_[at_];
            if (c == '"') {
                String();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) return;
                --depth;
                ++at_;
            } else if (depth == 0) {
                at_ = std::min(json_.find_first_of(",}] \t\r\n", at_), json_.size());
            } else {
                ++at_;
            }
            if (depth == 0) return;
        }
    }

  private:
    std::string_view json_;
    size_t at_ = 0;
};

}  // namespace

std::vector<std::pair<size_t, size_t>> StatementPlaces(std::string_view json) {
    std::vector<std::pair<size_t, size_t>> places;
    Walker walker(json);
    const auto add = [&] {
        walker.SkipSpace();
        const size_t begin = walker.Place();
        walker.SkipValue();
        places.emplace_back(begin, walker.Place());
    };
    walker.SkipSpace();
    if (!walker.At('{')) return places;
    walker.Step();
    for (walker.SkipSpace(); walker.At('"'); walker.SkipSpace()) {
        const bool statement = walker.String() == "Statement";
        walker.SkipSpace();
        if (!walker.At(':')) return places;
        walker.Step();
        walker.SkipSpace();
        if (statement) {
            places.clear();  // a member that stands twice counts as it stands last
            if (walker.At('[')) {
                walker.Step();
                for (walker.SkipSpace(); !walker.AtEnd() && !walker.At(']'); walker.SkipSpace()) {
                    add();
                    walker.SkipSpace();
                    if (walker.At(',')) walker.Step();
                }
                walker.Step();
            } else {
                add();
            }
        } else {
            walker.SkipValue();
        }
        walker.SkipSpace();
        if (walker.At(',')) walker.Step();
    }
    return places;
}

}  // namespace gyre::access::detail
