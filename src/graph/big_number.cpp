#include "graph/big_number.h"

#include <boost/multiprecision/cpp_int.hpp>

namespace gyre::graph {
namespace {

using boost::multiprecision::cpp_int;

core::Error TooLong() {
    return {core::Code::kInvalidArgument,
            "a whole number has at most " + std::to_string(kMostDigits) + " digits"};
}

core::Result<cpp_int> Read(std::string_view digits, unsigned base) {
    if (digits.size() > kMostDigits + 1) return core::Fail(TooLong());
    const bool negative = digits.starts_with('-');
    cpp_int number;
    for (const char c : digits) {
        const auto letter = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9') {
            number = number * base + static_cast<unsigned>(c - '0');
        } else if (letter >= 'a' && letter <= 'f' && base > 10) {
            number = number * base + static_cast<unsigned>(letter - 'a' + 10);
        }
    }
    return negative ? cpp_int(-number) : number;
}

core::Result<std::string> Written(const cpp_int& number) {
    std::string text = number.str();
    if (text.size() > kMostDigits + (number < 0 ? 1 : 0)) return core::Fail(TooLong());
    return text;
}

}  // namespace

core::Result<std::string> CalculateBig(BigOperation operation, std::string_view a,
                                       std::string_view b) {
    GYRE_ASSIGN(const cpp_int x, Read(a, 10));
    GYRE_ASSIGN(const cpp_int y, Read(b, 10));
    switch (operation) {
        case BigOperation::kAdd:
            return Written(x + y);
        case BigOperation::kSubtract:
            return Written(x - y);
        case BigOperation::kMultiply:
            return Written(x * y);
        case BigOperation::kDivide:
            return Written(x / y);
    }
    return Written(x);
}

core::Result<std::string> ToDecimalDigits(std::string_view digits, int base) {
    GYRE_ASSIGN(const cpp_int number, Read(digits, static_cast<unsigned>(base)));
    return Written(number);
}

}  // namespace gyre::graph
