#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// All that is wrong with a document, collected to be told at once.
class Violations {
  public:
    /// "Value VALUE at 'PATH' failed to satisfy constraint: WHAT".
    void Add(std::string_view path, std::string_view value, std::string_view what);
    [[nodiscard]] bool Empty() const { return found_.empty(); }
    /// "2 validation errors detected: …; …", as AWS says it. kInvalidArgument.
    [[nodiscard]] core::Error ToError() const;

  private:
    std::vector<std::string> found_;
};

/// Checks length, range, enum and pattern of `value`, which has the shape's type already, and of
/// all that is in it; required members too. `enums` is false where the API judges them itself (S3).
void CheckConstraints(const Shape& shape, const core::Json& value, const std::string& path,
                      bool enums, Violations& violations);

/// "ModelName" as AWS names it in messages: "modelName".
[[nodiscard]] std::string PathName(std::string_view member);

}  // namespace gyre::wire::detail
