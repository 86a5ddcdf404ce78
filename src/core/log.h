#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gyre::core {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// A named value of a log line. Secrets never go here.
struct LogField {
    std::string_view name;
    std::string value;

    LogField(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
    LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
    LogField(std::string_view field, const char* text) : name(field), value(text) {}
    LogField(std::string_view field, long long number)
        : name(field), value(std::to_string(number)) {}
    LogField(std::string_view field, int number) : name(field), value(std::to_string(number)) {}
    LogField(std::string_view field, unsigned long number)
        : name(field), value(std::to_string(number)) {}
};

/// One line on stderr: time, level, message and name=value fields. Thread-safe.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
void SetLogLevel(LogLevel level);

inline void LogDebug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, message, fields);
}

}  // namespace gyre::core
