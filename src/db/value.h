#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gyre::db {

/// What a column or parameter holds: nothing, a whole number, a real one, or text (UTF-8).
class Value {
  public:
    Value() = default;
    Value(std::integral auto number) : held_(static_cast<int64_t>(number)) {}
    Value(double number) : held_(number) {}
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::string_view text) : held_(std::string(text)) {}
    Value(const char* text) : held_(std::string(text)) {}

    using Held = std::variant<std::monostate, int64_t, double, std::string>;
    [[nodiscard]] const Held& Get() const { return held_; }
    [[nodiscard]] Held& Get() { return held_; }
    bool operator==(const Value&) const = default;

  private:
    Held held_;
};

using Parameters = std::vector<Value>;

/// One row of an answer; columns count from 0. Asking for another type than the column has is a bug
/// and aborts: the schema is ours.
class Row {
  public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
    [[nodiscard]] size_t Size() const { return values_.size(); }
    [[nodiscard]] bool IsNull(size_t column) const;
    [[nodiscard]] int64_t Int(size_t column) const;
    [[nodiscard]] double Real(size_t column) const;
    [[nodiscard]] const std::string& Text(size_t column) const;
    /// Moves the text out of the row.
    [[nodiscard]] std::string TakeText(size_t column);

  private:
    std::vector<Value> values_;
};

}  // namespace gyre::db
