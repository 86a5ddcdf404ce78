#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::wire {

inline constexpr const char* kEventStreamType = "application/vnd.amazon.eventstream";

/// Appends one message of AWS's event stream encoding: a prelude of lengths with its CRC-32,
/// headers (all of the type string), the payload, and a CRC-32 of it all. Header values have at
/// most 65535 bytes, names 255.
void AppendEvent(std::string& out,
                 const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                 std::string_view payload);

/// An event of that name with bytes as its payload member: ":message-type" event.
void AppendBytesEvent(std::string& out, std::string_view event, std::string_view bytes);

/// The stream's end where it went wrong: ":message-type" exception, with an error's members as
/// JSON.
void AppendException(std::string& out, std::string_view name, std::string_view json);

}  // namespace gyre::wire
