#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// Appends text with XML's five characters, and control characters that XML 1.0 cannot hold as
/// they are, escaped.
void AppendXmlText(std::string& out, std::string_view text);
/// Appends <name>text</name>.
void AppendXmlElement(std::string& out, std::string_view name, std::string_view text);

/// Appends the elements of a structure's members that belong to the body (not its own element).
/// Absent members are left out.
void AppendXmlMembers(std::string& out, const Shape& shape, const core::Json& document);
/// Appends one member's element (or elements, of a flattened list).
void AppendXmlMember(std::string& out, const Member& member, const core::Json& value);

}  // namespace gyre::wire::detail
