#include "transform/json_path.h"

#include <charconv>

namespace gyre::transform {

using core::Code;
using core::Fail;
using core::Json;
using core::Result;
using core::Status;

class JsonPath::Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<JsonPath> Run() {
        JsonPath path;
        if (!Eat('$')) return Expected("$");
        while (at_ < text_.size()) {
            if (!path.steps_.empty() && path.steps_.back().Several()) {
                return Expected("the end, after a step that takes several");
            }
            Step step;
            const bool dot = Eat('.');
            // "$.field.['a','b']" is how AWS writes it.
            if (Eat('[')) {
                GYRE_TRY(Bracket(step));
            } else if (dot) {
                GYRE_TRY(Name(step));
            } else {
                return Expected("'.' or '['");
            }
            path.steps_.push_back(std::move(step));
        }
        return path;
    }

  private:
    bool Eat(char wanted) {
        if (at_ == text_.size() || text_[at_] != wanted) return false;
        at_++;
        return true;
    }
    void SkipSpaces() {
        while (Eat(' ')) {
        }
    }
    tl::unexpected<core::Error> Expected(std::string_view what) const {
        return Fail(Code::kInvalidArgument, "the JSONPath \"" + std::string(text_) + "\" wants " +
                                                std::string(what) + " at character " +
                                                std::to_string(at_ + 1));
    }

    Status Name(Step& step) {
        if (Eat('*')) {
            step.all = true;
            return {};
        }
        const size_t end = std::min(text_.find_first_of(".[]*'\" ", at_), text_.size());
        if (end == at_) return Expected("a name");
        step.names.emplace_back(text_.substr(at_, end - at_));
        at_ = end;
        return {};
    }

    Status Bracket(Step& step) {
        do {
            SkipSpaces();
            if (step.all) return Expected("']' after *");
            if (Eat('*')) {
                if (!step.names.empty() || !step.ranges.empty()) return Expected("* alone");
                step.all = true;
            } else if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
                if (!step.ranges.empty()) return Expected("a number");
                GYRE_TRY(Quoted(step));
            } else {
                if (!step.names.empty()) return Expected("a quoted name");
                GYRE_TRY(NumberOrSlice(step));
            }
            SkipSpaces();
        } while (Eat(','));
        if (!Eat(']')) return Expected("',' or ']'");
        return {};
    }

    Status Quoted(Step& step) {
        const char quote = text_[at_++];
        const size_t end = text_.find(quote, at_);
        if (end == std::string_view::npos) return Expected("a closing quote");
        if (end == at_) return Expected("a name");
        step.names.emplace_back(text_.substr(at_, end - at_));
        at_ = end + 1;
        return {};
    }

    Status NumberOrSlice(Step& step) {
        Range range;
        GYRE_TRY(Number(range.begin));
        SkipSpaces();
        if (Eat(':')) {
            range.slice = true;
            SkipSpaces();
            GYRE_TRY(Number(range.end));
        } else if (!range.begin) {
            return Expected("a number, a slice, a quoted name or *");
        }
        step.ranges.push_back(range);
        return {};
    }

    Status Number(std::optional<int64_t>& into) {
        const char* begin = text_.data() + at_;
        int64_t number = 0;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
        if (error == std::errc::invalid_argument) return {};
        constexpr int64_t kMost = int64_t{1} << 31;
        if (error != std::errc() || number > kMost || number < -kMost) {
            return Expected("a smaller number");
        }
        at_ += static_cast<size_t>(end - begin);
        into = number;
        return {};
    }

    const std::string_view text_;
    size_t at_ = 0;
};

Result<JsonPath> JsonPath::Parse(std::string_view text) {
    return Parser(text).Run();
}

bool JsonPath::TakesColumns() const {
    return steps_.empty() || (steps_.size() == 1 && steps_[0].names.empty());
}

Result<std::vector<size_t>> JsonPath::Indices(const Step& step, size_t count) {
    std::vector<size_t> all;
    const auto size = static_cast<int64_t>(count);
    const auto place = [&](int64_t number) { return number < 0 ? number + size : number; };
    const auto missing = [&](int64_t number) {
        return Fail(Code::kInvalidArgument, "there is no index " + std::to_string(number) +
                                                " among " + std::to_string(count) + " values");
    };
    if (step.all) {
        for (size_t i = 0; i < count; i++) all.push_back(i);
    }
    for (const Range& range : step.ranges) {
        const int64_t begin = place(range.begin.value_or(0));
        const int64_t end = range.slice ? (range.end ? place(*range.end) : size) : begin + 1;
        if (begin < 0 || begin > size || (!range.slice && begin == size)) {
            return missing(range.begin.value_or(0));
        }
        if (end < 0 || end > size) return missing(range.end.value_or(0));
        for (int64_t i = begin; i < end; i++) all.push_back(static_cast<size_t>(i));
    }
    return all;
}

Result<Json> JsonPath::TakeStep(const Step& step, const Json& json) {
    if (!step.names.empty()) {
        core::JsonObject several;
        for (const std::string& name : step.names) {
            const Json* member = core::JsonFind(json, name);
            if (member == nullptr) {
                return Fail(Code::kInvalidArgument, "there is no member \"" + name + "\"");
            }
            if (step.names.size() == 1) return *member;
            several[name] = *member;
        }
        return several;
    }
    if (step.all && json.is_object()) {
        core::JsonArray values;
        for (const auto& [name, value] : json.as_object()) values.push_back(value);
        return values;
    }
    if (!json.is_array()) {
        return Fail(Code::kInvalidArgument, "there is no array to take an index of");
    }
    GYRE_ASSIGN(const std::vector<size_t> indices, Indices(step, json.as_array().size()));
    if (!step.Several()) return json.as_array()[indices.front()];
    core::JsonArray several;
    for (const size_t index : indices) several.push_back(json.as_array()[index]);
    return several;
}

Result<Json> JsonPath::Take(const Json& json) const {
    Json now = json;
    for (const Step& step : steps_) {
        GYRE_ASSIGN(Json next, TakeStep(step, now));
        now = std::move(next);
    }
    return now;
}

Result<std::vector<size_t>> JsonPath::Columns(size_t count) const {
    static const Step everything{.names = {}, .ranges = {}, .all = true};
    return Indices(steps_.empty() ? everything : steps_[0], count);
}

}  // namespace gyre::transform
