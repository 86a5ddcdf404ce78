#include "transform/csv_row.h"

#include <algorithm>

namespace gyre::transform {
namespace {

// Where the quoted field that begins at `at` ends; npos where it does not.
size_t QuotedEnd(std::string_view line, size_t at) {
    at++;
    while (true) {
        const size_t quote = line.find('"', at);
        if (quote == std::string_view::npos) return quote;
        if (quote + 1 == line.size() || line[quote + 1] != '"') return quote + 1;
        at = quote + 2;
    }
}

}  // namespace

core::Result<std::vector<std::string_view>> CsvFields(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::vector<std::string_view> fields;
    size_t at = 0;
    while (true) {
        size_t end = std::min(line.find(',', at), line.size());
        if (at < line.size() && line[at] == '"') {
            end = QuotedEnd(line, at);
            if (end == std::string_view::npos || (end < line.size() && line[end] != ',')) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "column " + std::to_string(fields.size()) +
                                      " of the row is not quoted as CSV is");
            }
        }
        fields.push_back(line.substr(at, end - at));
        if (end == line.size()) return fields;
        at = end + 1;
    }
}

}  // namespace gyre::transform
