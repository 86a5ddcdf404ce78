#include "core/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace gyre::core {
namespace {

spdlog::logger& Logger() {
    // Never destroyed: threads may log while the program exits.
    static auto* logger = [] {
        auto* made = new std::shared_ptr<spdlog::logger>(std::make_shared<spdlog::logger>(
            "gyre", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
        (*made)->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%L%$ %v", spdlog::pattern_time_type::utc);
        (*made)->flush_on(spdlog::level::debug);
        return made;
    }();
    return **logger;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
    switch (level) {
        case LogLevel::kDebug:
            return spdlog::level::debug;
        case LogLevel::kInfo:
            return spdlog::level::info;
        case LogLevel::kWarning:
            return spdlog::level::warn;
        case LogLevel::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

// One event is one line: what a request brought cannot begin a second one.
void AppendEscaped(std::string& line, std::string_view text) {
    for (const char c : text) {
        if (c == '\n') {
            line += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            line += '?';
        } else {
            line += c;
        }
    }
}

}  // namespace

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    spdlog::logger& logger = Logger();
    const auto spdlog_level = ToSpdlog(level);
    if (!logger.should_log(spdlog_level)) return;
    std::string line;
    AppendEscaped(line, message);
    for (const LogField& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        const bool quote =
            field.value.empty() || field.value.find_first_of(" \"=") != std::string::npos;
        if (quote) line += '"';
        AppendEscaped(line, field.value);
        if (quote) line += '"';
    }
    logger.log(spdlog_level, "{}", line);
}

void SetLogLevel(LogLevel level) {
    Logger().set_level(ToSpdlog(level));
}

}  // namespace gyre::core
