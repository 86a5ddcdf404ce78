#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>

#include "graph/exec/attach.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using Function = double (*)(double);
const std::map<std::string, Function, std::less<>> kFunctions = {
    {"abs", [](double x) { return std::fabs(x); }},
    {"acos", [](double x) { return std::acos(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"atan", [](double x) { return std::atan(x); }},
    {"cbrt", [](double x) { return std::cbrt(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"cosh", [](double x) { return std::cosh(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"log2", [](double x) { return std::log2(x); }},
    {"signum", [](double x) { return x > 0   ? 1.0
                                     : x < 0 ? -1.0
                                             : 0.0; }},
    {"sin", [](double x) { return std::sin(x); }},
    {"sinh", [](double x) { return std::sinh(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
};

/// math(): the expression is read anew for each traverser; variables are names, `_` is the
/// traverser. What binds how is exp4j's, which the reference reads by.
class MathStage final : public MapStage {
  public:
    MathStage(const plan::Step& step, Context& context)
        : MapStage(step, context), by_(step.by, context), text_(step.texts[0]) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        by_.Restart();
        seen_.clear();
        traverser_ = &traverser;
        at_ = 0;
        depth_ = 0;
        failed_ = false;
        const double result = Sum();
        Blank();
        if (!failed_ && at_ != text_.size()) Wrong("an operator");
        if (failed_) return false;
        value = Value(result);
        return true;
    }

  private:
    void Blank() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool Take(char c) {
        Blank();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    double Wrong(const std::string& expected) {
        if (!failed_) {
            context_.Fail("InvalidParameterException", "math('" + text_ + "'): expected " +
                                                           expected + " at column " +
                                                           std::to_string(at_ + 1));
        }
        failed_ = true;
        return 0;
    }
    double Sum() {
        double left = Product();
        while (!failed_) {
            if (Take('+'))
                left += Product();
            else if (Take('-'))
                left -= Product();
            else
                break;
        }
        return left;
    }
    double Product() {
        double left = Signed();
        while (!failed_) {
            if (Take('*'))
                left *= Signed();
            else if (Take('/'))
                left /= Divisor();
            else if (Take('%'))
                left = std::fmod(left, Divisor());
            else
                break;
        }
        return left;
    }
    double Divisor() {
        const double divisor = Signed();
        if (failed_ || divisor != 0) return divisor;
        context_.Fail("InvalidParameterException", "Division by zero!");
        failed_ = true;
        return 0;
    }
    /// A sign binds less than a power: -2 ^ 2 is -4.
    double Signed() {
        if (++depth_ > 200) return Wrong("less nesting");
        const double result = Take('-') ? -Signed() : Take('+') ? Signed() : Power();
        --depth_;
        return result;
    }
    double Power() {
        const double base = Atom();
        return Take('^') ? std::pow(base, Signed()) : base;
    }
    double Number() {
        const char* const begin = text_.c_str() + at_;
        const bool hex = begin[0] == '0' && (begin[1] | 0x20) == 'x';
        char* end = nullptr;
        const double number = std::strtod(begin, &end);
        if (hex || end == begin) return Wrong("a number");
        at_ += static_cast<size_t>(end - begin);
        return number;
    }
    double Atom() {
        if (Take('(')) {
            const double inner = Sum();
            return Take(')') ? inner : Wrong("')'");
        }
        Blank();
        const size_t begin = at_;
        const bool digit =
            at_ < text_.size() && ((text_[at_] >= '0' && text_[at_] <= '9') || text_[at_] == '.');
        if (digit) return Number();
        const auto letter = [&] {
            return at_ < text_.size() &&
                   (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_');
        };
        while (letter()) ++at_;
        const std::string name = text_.substr(begin, at_ - begin);
        if (name.empty()) return Wrong("a number or a name");
        if (const auto function = kFunctions.find(name); function != kFunctions.end()) {
            if (!Take('(')) return function->second(Sum());  // "sin _": of all that follows
            const double inner = Sum();
            return Take(')') ? function->second(inner) : Wrong("')'");
        }
        if (name == "pi") return M_PI;
        if (name == "e") return M_E;
        return Variable(name);
    }
    double Variable(const std::string& name) {
        if (const auto known = seen_.find(name); known != seen_.end()) return known->second;
        Traverser at = *traverser_;
        Value seen;
        if (name != "_" && !FindScoped(context_, *traverser_, name, Pop::kLast, at.value)) {
            at.value = Value();
        }
        if (!by_.Next(at, seen)) {
            failed_ = true;  // it sees nothing: filtered out
            return 0;
        }
        if (!seen.IsNumber()) {
            context_.Fail("InvalidParameterException",
                          "The variable " + name +
                              " for math() step must resolve to a Number - it "
                              "is instead of type " +
                              std::string(TypeName(seen)) + " with value " +
                              ShownText(context_.graph, seen));
            failed_ = true;
            return 0;
        }
        return seen_[name] = ToDouble(seen);
    }

    Projections by_;
    const std::string text_;
    std::map<std::string, double> seen_;
    const Traverser* traverser_ = nullptr;
    size_t at_ = 0;
    int depth_ = 0;
    bool failed_ = false;
};

}  // namespace

StagePtr MakeMath(const plan::Step& step, Context& context) {
    return std::make_unique<MathStage>(step, context);
}

}  // namespace gyre::graph::exec
