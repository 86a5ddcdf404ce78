#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gyre::core {

/// The payload of a request or an answer: a text of its own, or a view of memory that others may
/// share. Moving it copies no bytes.
class Body {
  public:
    Body() = default;
    Body(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
    Body(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
    /// `owner` keeps the bytes.
    Body(std::string_view bytes, std::shared_ptr<const void> owner)
        : shared_(bytes), owner_(std::move(owner)) {}

    [[nodiscard]] std::string_view View() const { return owner_ ? shared_ : text_; }
    operator std::string_view() const { return View(); }  // NOLINT(google-explicit-constructor)
    [[nodiscard]] const char* data() const { return View().data(); }
    [[nodiscard]] size_t size() const { return View().size(); }
    [[nodiscard]] bool empty() const { return View().empty(); }
    friend bool operator==(const Body& body, std::string_view text) { return body.View() == text; }

    /// Of bytes that others may share; null otherwise.
    [[nodiscard]] const std::shared_ptr<const void>& Owner() const { return owner_; }

    /// As a text: moved where it is one, else copied.
    [[nodiscard]] std::string Text() && { return owner_ ? std::string(shared_) : std::move(text_); }
    /// Bytes that stay where they are as long as their owner, which the second one is.
    [[nodiscard]] std::pair<std::string_view, std::shared_ptr<const void>> Share() && {
        if (owner_) return {shared_, std::move(owner_)};
        auto owner = std::make_shared<const std::string>(std::move(text_));
        const std::string_view bytes = *owner;
        return {bytes, std::move(owner)};
    }

  private:
    std::string text_;
    std::string_view shared_;
    std::shared_ptr<const void> owner_;
};

/// Memory to be filled, and then shared as bodies.
struct BodyMemory {
    std::shared_ptr<char> data;
    size_t size = 0;

    /// This program's own, uninitialised.
    [[nodiscard]] static BodyMemory OfHeap(size_t size) {
        const auto array = std::make_shared_for_overwrite<char[]>(size);
        return {std::shared_ptr<char>(array, array.get()), size};
    }
    [[nodiscard]] Body Part(size_t begin, size_t length) const {
        return Body(std::string_view(data.get() + begin, length), data);
    }
};

}  // namespace gyre::core
