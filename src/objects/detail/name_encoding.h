#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace gyre::objects::detail {

/// Names in listings as the caller wants them: percent-encoded (keys may hold what XML cannot), or
/// as they are.
class NameEncoding {
  public:
    /// By the EncodingType member. Errors: InvalidArgument.
    [[nodiscard]] static core::Result<NameEncoding> Of(const core::Json& input);
    [[nodiscard]] std::string operator()(std::string_view name) const;
    /// Adds the EncodingType member where there is one.
    void Describe(core::JsonObject& output) const;

  private:
    explicit NameEncoding(bool url) : url_(url) {}
    bool url_;
};

}  // namespace gyre::objects::detail
