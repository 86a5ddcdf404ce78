#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace gyre::transform {

/// The JSONPath that DataProcessing's filters take (AWS: "Associate Prediction Results with Input
/// Records"): the root $, .name and ['name'], the wildcard * in a name's or number's place, and as
/// the last step lists of names ['a','b'] and of numbers and slices [0,5:]. No descent, no script.
class JsonPath {
  public:
    /// Errors: kInvalidArgument, with the place and what was expected there.
    [[nodiscard]] static core::Result<JsonPath> Parse(std::string_view text);

    /// True for "$", which takes all as it is.
    [[nodiscard]] bool IsRoot() const { return steps_.empty(); }
    /// True where it can take columns of a row: "$", or one step of numbers.
    [[nodiscard]] bool TakesColumns() const;

    /// Several names give an object of them, several numbers or a slice an array. Errors:
    /// kInvalidArgument for a member or an index that is not there.
    [[nodiscard]] core::Result<core::Json> Take(const core::Json& json) const;
    /// Which of `count` columns, in the path's order. Errors: as Take.
    [[nodiscard]] core::Result<std::vector<size_t>> Columns(size_t count) const;

  private:
    /// One number, or a slice: from `begin` up to before `end`. Negative ones count from the end.
    struct Range {
        bool slice = false;
        std::optional<int64_t> begin;
        std::optional<int64_t> end;
    };
    struct Step {
        std::vector<std::string> names;
        std::vector<Range> ranges;
        bool all = false;
        [[nodiscard]] bool Several() const {
            return all || names.size() > 1 || ranges.size() > 1 ||
                   (ranges.size() == 1 && ranges[0].slice);
        }
    };
    class Parser;
    [[nodiscard]] static core::Result<std::vector<size_t>> Indices(const Step& step, size_t count);
    [[nodiscard]] static core::Result<core::Json> TakeStep(const Step& step,
                                                           const core::Json& json);

    std::vector<Step> steps_;
};

}  // namespace gyre::transform
