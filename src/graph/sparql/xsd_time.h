#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "graph/value.h"

namespace gyre::graph::sparql {

/// XML Schema's dateTime, date and time as Temporal: kDateTime and kTime have a timezone,
/// kLocalDateTime and kLocalTime have none. A date is the dateTime at which it begins.
[[nodiscard]] std::optional<Temporal> ParseXsdDateTime(std::string_view text);
[[nodiscard]] std::optional<Temporal> ParseXsdDate(std::string_view text);
[[nodiscard]] std::optional<Temporal> ParseXsdTime(std::string_view text);

[[nodiscard]] bool HasTimezone(const Temporal& time);
/// A dateTime's or a time's lexical form.
[[nodiscard]] std::string XsdTimeText(const Temporal& time);
/// As TZ() gives it: "Z", "-05:00", "" for none.
[[nodiscard]] std::string TimezoneText(const Temporal& time);
/// Of values of one type; unordered where only one has a timezone and it is not clear. XML Schema
/// Part 2, 3.2.7.4.
[[nodiscard]] std::partial_ordering CompareXsdTimes(const Temporal& a, const Temporal& b);

}  // namespace gyre::graph::sparql
