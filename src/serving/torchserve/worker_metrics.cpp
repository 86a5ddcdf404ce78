#include "serving/torchserve/worker_metrics.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "core/file_system.h"

namespace gyre::serving::torchserve {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTypeComment = "# TYPE ";

std::string_view TakeLine(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view SampleName(std::string_view line) {
    return line.substr(0, line.find_first_of("{ "));
}

/// Shortest that reads back as the same number.
std::string NumberText(double value) {
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
    return {text, end};
}

bool HasEnded(const fs::path& file) {
    int pid = 0;
    const std::string name = file.stem().string();
    std::from_chars(name.data(), name.data() + name.size(), pid);
    return pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

void SampleSum::Add(std::string_view text) {
    Family* family = nullptr;
    while (!text.empty()) {
        std::string_view line = TakeLine(text);
        if (line.starts_with(kTypeComment)) {
            line.remove_prefix(kTypeComment.size());
            const size_t space = line.find(' ');
            if (space == std::string_view::npos) continue;
            family = &families_[std::string(line.substr(0, space))];
            if (family->type.empty()) family->type = line.substr(space + 1);
            continue;
        }
        const size_t space = line.rfind(' ');
        if (line.starts_with('#') || space == std::string_view::npos || family == nullptr) continue;
        double value = 0;
        const std::string_view number = line.substr(space + 1);
        if (std::from_chars(number.data(), number.data() + number.size(), value).ec !=
            std::errc()) {
            continue;
        }
        double& sample = family->samples[std::string(line.substr(0, space))];
        sample = family->type == "gauge" ? value : sample + value;
    }
}

std::string SampleSum::Text() const {
    std::string text;
    for (const auto& [name, family] : families_) {
        text += std::string(kTypeComment) + name + " " + family.type + "\n";
        for (const auto& [sample, value] : family.samples) {
            text += sample + " " + NumberText(value) + "\n";
        }
    }
    return text;
}

std::string WorkerMetrics::Text() {
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    std::error_code failed;
    auto ended = ended_.Lock();
    for (const auto& entry : fs::directory_iterator(folder_, failed)) {
        if (entry.path().extension() != ".prom") continue;
        const auto written = entry.last_write_time(failed);
        if (!failed) files.emplace_back(written, entry.path());
    }
    std::ranges::sort(files);  // the youngest gauge is the last
    std::vector<std::string> alive;
    for (const auto& [written, file] : files) {
        const bool over = HasEnded(file);  // before it is read, so that this is all of it
        auto text = core::ReadFile(core::RealFileSystem(), file);
        if (!text) continue;
        if (over) {
            ended->Add(*text);
            fs::remove(file, failed);
        } else {
            alive.push_back(std::move(*text));
        }
    }
    SampleSum all = *ended;
    for (const std::string& text : alive) all.Add(text);
    return all.Text();
}

std::string OnlyNamed(std::string text, const std::set<std::string>& names) {
    if (names.empty()) return text;
    std::string kept;
    std::string comments;
    bool new_family = true;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view line = TakeLine(rest);
        if (line.starts_with('#')) {
            if (new_family) comments.clear();
            new_family = false;
            comments.append(line).append("\n");
            continue;
        }
        new_family = true;
        if (!names.contains(std::string(SampleName(line)))) continue;
        kept += std::exchange(comments, {});
        kept.append(line).append("\n");
    }
    return kept;
}

}  // namespace gyre::serving::torchserve
