#include "telemetry/metric_math.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <variant>

namespace gyre::telemetry {
namespace {

using core::Result;
using SeriesList = std::vector<MathSeries>;
using Value = std::variant<double, MathSeries, SeriesList>;

constexpr int kMaxDepth = 50;

tl::unexpected<core::Error> Bad(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "ValidationError",
                      "Error in expression: " + std::move(message));
}

using Binary = double (*)(double, double);

void Keep(Points& points, int64_t time, double value) {
    if (std::isfinite(value)) points[time] = value;
}

MathSeries Each(const MathSeries& series, const std::function<double(double)>& change) {
    MathSeries changed{{}, series.period};
    for (const auto& [time, value] : series.points) Keep(changed.points, time, change(value));
    return changed;
}

Result<Value> Apply(const Value& left, const Value& right, Binary operation) {
    if (const auto* list = std::get_if<SeriesList>(&left)) {
        SeriesList results;
        for (const MathSeries& series : *list) {
            GYRE_ASSIGN(Value one, Apply(series, right, operation));
            results.push_back(std::get<MathSeries>(std::move(one)));
        }
        return Value(std::move(results));
    }
    if (std::holds_alternative<SeriesList>(right)) {
        return Bad("a list of metrics may stand on the left side only");
    }
    const auto* a = std::get_if<double>(&left);
    const auto* b = std::get_if<double>(&right);
    if (a && b) return Value(operation(*a, *b));
    if (a) {
        return Value(
            Each(std::get<MathSeries>(right), [&](double value) { return operation(*a, value); }));
    }
    const MathSeries& series = std::get<MathSeries>(left);
    if (b) return Value(Each(series, [&](double value) { return operation(value, *b); }));
    const MathSeries& other = std::get<MathSeries>(right);
    MathSeries both{{}, series.period};
    for (const auto& [time, value] : series.points) {
        const auto at = other.points.find(time);
        if (at != other.points.end()) Keep(both.points, time, operation(value, at->second));
    }
    return Value(std::move(both));
}

/// SUM, AVG, MIN and MAX: of a series one number, of a list one series.
struct Aggregate {
    double (*of)(const std::vector<double>&);

    [[nodiscard]] Result<Value> operator()(const Value& value) const {
        if (const auto* list = std::get_if<SeriesList>(&value)) {
            std::map<int64_t, std::vector<double>> moments;
            MathSeries result;
            for (const MathSeries& series : *list) {
                result.period = series.period;
                for (const auto& [time, number] : series.points) moments[time].push_back(number);
            }
            for (const auto& [time, numbers] : moments) Keep(result.points, time, of(numbers));
            return Value(std::move(result));
        }
        if (const auto* number = std::get_if<double>(&value)) return Value(*number);
        std::vector<double> numbers;
        for (const auto& [time, number] : std::get<MathSeries>(value).points) {
            numbers.push_back(number);
        }
        return Value(numbers.empty() ? std::nan("") : of(numbers));
    }
};

double SumOf(const std::vector<double>& numbers) {
    double sum = 0;
    for (const double number : numbers) sum += number;
    return sum;
}
double AverageOf(const std::vector<double>& numbers) {
    return SumOf(numbers) / static_cast<double>(numbers.size());
}
double LeastOf(const std::vector<double>& numbers) {
    return *std::min_element(numbers.begin(), numbers.end());
}
double MostOf(const std::vector<double>& numbers) {
    return *std::max_element(numbers.begin(), numbers.end());
}

class Parser {
  public:
    Parser(std::string_view text, const MathLookup& lookup,
           const std::vector<const MathSeries*>& all)
        : text_(text), lookup_(lookup), all_(all) {}

    Result<Value> Whole() {
        GYRE_ASSIGN(Value value, Sum());
        SkipSpace();
        if (!text_.empty())
            return Bad("'" + std::string(text_.substr(0, 20)) + "' follows its end");
        return value;
    }

  private:
    void SkipSpace() {
        text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
    }
    [[nodiscard]] bool Take(char c) {
        SkipSpace();
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    Result<Value> Sum() {
        GYRE_ASSIGN(Value left, Product());
        while (true) {
            const bool plus = Take('+');
            if (!plus && !Take('-')) return left;
            GYRE_ASSIGN(const Value right, Product());
            GYRE_ASSIGN(left, Apply(left, right,
                                    plus ? Binary([](double a, double b) { return a + b; })
                                         : Binary([](double a, double b) { return a - b; })));
        }
    }
    Result<Value> Product() {
        GYRE_ASSIGN(Value left, Power());
        while (true) {
            const bool times = Take('*');
            if (!times && !Take('/')) return left;
            GYRE_ASSIGN(const Value right, Power());
            GYRE_ASSIGN(left, Apply(left, right,
                                    times ? Binary([](double a, double b) { return a * b; })
                                          : Binary([](double a, double b) { return a / b; })));
        }
    }
    Result<Value> Power() {
        GYRE_ASSIGN(Value base, Signed());
        if (!Take('^')) return base;
        const Deeper deeper(depth_);
        if (depth_ > kMaxDepth) return Bad("it is nested too deep");
        GYRE_ASSIGN(const Value exponent, Power());
        return Apply(base, exponent, [](double a, double b) { return std::pow(a, b); });
    }
    Result<Value> Signed() {
        const Deeper deeper(depth_);
        if (depth_ > kMaxDepth) return Bad("it is nested too deep");
        if (Take('+')) return Signed();
        if (!Take('-')) return Primary();
        GYRE_ASSIGN(const Value value, Signed());
        return Apply(value, Value(-1.0), [](double a, double b) { return a * b; });
    }

    Result<Value> Primary() {
        SkipSpace();
        if (Take('(')) {
            GYRE_ASSIGN(Value value, Sum());
            if (!Take(')')) return Bad("a ) is missing");
            return value;
        }
        if (Take('[')) return List();
        if (text_.empty()) return Bad("it ends too early");
        const char first = text_.front();
        if ((first >= '0' && first <= '9') || first == '.') return Number();
        size_t length = 0;
        while (length < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[length])) || text_[length] == '_')) {
            ++length;
        }
        if (length == 0) return Bad("'" + std::string(1, first) + "' is not expected");
        const std::string name(text_.substr(0, length));
        text_.remove_prefix(length);
        if (Take('(')) return Call(name);
        const MathSeries* series = lookup_(name);
        if (!series) return Bad("there is no metric with the id " + name);
        return Value(*series);
    }

    Result<Value> Number() {
        double number = 0;
        const auto [rest, error] =
            std::from_chars(text_.data(), text_.data() + text_.size(), number);
        if (error != std::errc()) return Bad("a number cannot be read");
        text_.remove_prefix(static_cast<size_t>(rest - text_.data()));
        return Value(number);
    }

    Result<Value> List() {
        SeriesList list;
        do {
            GYRE_ASSIGN(Value value, Sum());
            if (auto* series = std::get_if<MathSeries>(&value)) {
                list.push_back(std::move(*series));
            } else {
                return Bad("a list holds metrics");
            }
        } while (Take(','));
        if (!Take(']')) return Bad("a ] is missing");
        return Value(std::move(list));
    }

    Result<Value> Call(const std::string& name) {
        if (name == "METRICS") {
            if (!Take(')')) return Bad("METRICS takes nothing here");
            SeriesList list;
            for (const MathSeries* series : all_) list.push_back(*series);
            return Value(std::move(list));
        }
        GYRE_ASSIGN(const Value value, Sum());
        if (name == "FILL") return Fill(value);
        if (!Take(')')) return Bad("a ) is missing behind what " + name + " takes");
        if (name == "SUM") return Aggregate{SumOf}(value);
        if (name == "AVG") return Aggregate{AverageOf}(value);
        if (name == "MIN") return Aggregate{LeastOf}(value);
        if (name == "MAX") return Aggregate{MostOf}(value);
        if (name == "ABS") return OfEach(value, [](double v) { return std::abs(v); });
        if (name == "CEIL") return OfEach(value, [](double v) { return std::ceil(v); });
        if (name == "FLOOR") return OfEach(value, [](double v) { return std::floor(v); });
        const auto* series = std::get_if<MathSeries>(&value);
        if (name != "RATE" && name != "DIFF" && name != "RUNNING_SUM" && name != "PERIOD") {
            return core::Fail(core::Code::kUnimplemented,
                              "the function " + name + " of metric math is not implemented here");
        }
        if (!series) return Bad(name + " takes one metric");
        if (name == "PERIOD") return Value(static_cast<double>(series->period));
        if (name == "RUNNING_SUM") {
            double sum = 0;
            return Value(Each(*series, [&](double v) { return sum += v; }));
        }
        return Value(Differences(*series, name == "RATE"));
    }

    static Result<Value> OfEach(const Value& value, const std::function<double(double)>& change) {
        if (const auto* number = std::get_if<double>(&value)) return Value(change(*number));
        if (const auto* series = std::get_if<MathSeries>(&value)) {
            return Value(Each(*series, change));
        }
        SeriesList list;
        for (const MathSeries& series : std::get<SeriesList>(value)) {
            list.push_back(Each(series, change));
        }
        return Value(std::move(list));
    }

    static MathSeries Differences(const MathSeries& series, bool per_second) {
        MathSeries result{{}, series.period};
        for (auto at = series.points.begin(); at != series.points.end(); ++at) {
            if (at == series.points.begin()) continue;
            const auto before = std::prev(at);
            const auto apart = static_cast<double>(at->first - before->first);
            Keep(result.points, at->first,
                 (at->second - before->second) / (per_second ? apart : 1));
        }
        return result;
    }

    /// FILL(m1, 0) or FILL(m1, REPEAT): between its first and its last value.
    Result<Value> Fill(const Value& value) {
        const auto* series = std::get_if<MathSeries>(&value);
        if (!series || !Take(',')) return Bad("FILL takes a metric and what fills it");
        SkipSpace();
        constexpr std::string_view kRepeat = "REPEAT";
        const bool repeat = text_.starts_with(kRepeat);
        double filling = 0;
        if (repeat) {
            text_.remove_prefix(kRepeat.size());
        } else {
            GYRE_ASSIGN(const Value number, Sum());
            if (!std::holds_alternative<double>(number))
                return Bad("FILL fills with a number or REPEAT");
            filling = std::get<double>(number);
        }
        if (!Take(')')) return Bad("a ) is missing behind what FILL takes");
        MathSeries result = *series;
        if (series->points.empty()) return Value(std::move(result));
        constexpr size_t kMaxPoints = 200'000;
        for (int64_t time = series->points.begin()->first;
             time <= series->points.rbegin()->first && result.points.size() < kMaxPoints;
             time += series->period) {
            const auto at = result.points.find(time);
            if (at == result.points.end()) {
                result.points[time] = filling;
            } else if (repeat) {
                filling = at->second;
            }
        }
        return Value(std::move(result));
    }

    struct Deeper {
        explicit Deeper(int& of) : depth(of) { ++depth; }
        ~Deeper() { --depth; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        int& depth;
    };

    std::string_view text_;
    const MathLookup& lookup_;
    const std::vector<const MathSeries*>& all_;
    int depth_ = 0;
};

}  // namespace

Result<MathSeries> EvaluateMath(std::string_view expression, const MathLookup& lookup,
                                const std::vector<const MathSeries*>& all) {
    if (expression.starts_with("SELECT ") || expression.find("SEARCH(") != expression.npos) {
        return core::Fail(core::Code::kUnimplemented,
                          "SEARCH and Metrics Insights queries are not implemented here");
    }
    GYRE_ASSIGN(Value value, Parser(expression, lookup, all).Whole());
    if (auto* series = std::get_if<MathSeries>(&value)) return std::move(*series);
    return Bad("its result is not one time series");
}

}  // namespace gyre::telemetry
