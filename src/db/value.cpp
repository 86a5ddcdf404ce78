#include "db/value.h"

#include "core/result.h"

namespace gyre::db {
namespace {

template <typename T, typename Values>
auto& Held(Values& values, size_t column) {
    GYRE_CHECK(column < values.size());
    auto* held = std::get_if<T>(&values[column].Get());
    GYRE_CHECK(held != nullptr);
    return *held;
}

}  // namespace

bool Row::IsNull(size_t column) const {
    GYRE_CHECK(column < values_.size());
    return std::holds_alternative<std::monostate>(values_[column].Get());
}

int64_t Row::Int(size_t column) const {
    return Held<int64_t>(values_, column);
}

double Row::Real(size_t column) const {
    return Held<double>(values_, column);
}

const std::string& Row::Text(size_t column) const {
    return Held<std::string>(values_, column);
}

std::string Row::TakeText(size_t column) {
    return std::move(Held<std::string>(values_, column));
}

}  // namespace gyre::db
