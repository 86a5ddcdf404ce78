#include "serving/host_metrics_text.h"

#include <map>

#include "core/guarded.h"

namespace gyre::serving {
namespace {

struct Family {
    std::string comments;  // HELP and TYPE, as the first text has them
    std::string samples;
};

// The second word of "# HELP name …" or "# TYPE name …"; "" for other comments.
std::string_view NameInComment(std::string_view line) {
    if (!line.starts_with("# HELP ") && !line.starts_with("# TYPE ")) return {};
    line.remove_prefix(7);
    return line.substr(0, line.find(' '));
}

class Merger {
  public:
    void Add(std::string_view text) {
        Family* family = nullptr;
        std::string_view family_name;
        bool comments_new = false;
        while (!text.empty()) {
            const size_t end = std::min(text.find('\n'), text.size());
            const std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            if (line.empty()) continue;
            const bool comment = line[0] == '#';
            const std::string_view name =
                comment ? NameInComment(line) : line.substr(0, line.find_first_of("{ \t"));
            if (name.empty()) continue;
            // Samples of a histogram have its name and an ending: they follow its comments.
            const bool same = family != nullptr &&
                              (comment ? name == family_name : name.starts_with(family_name));
            if (!same) {
                family_name = name;
                family = &FamilyOf(name);
                comments_new = family->comments.empty() && family->samples.empty();
            }
            if (!comment) {
                family->samples.append(line).append("\n");
            } else if (comments_new) {
                family->comments.append(line).append("\n");
            }
        }
    }

    std::string Text() const {
        std::string text;
        for (const Family* family : order_) text += family->comments + family->samples;
        return text;
    }

  private:
    Family& FamilyOf(std::string_view name) {
        const auto found = families_.find(name);
        if (found != families_.end()) return found->second;
        Family& family = families_[std::string(name)];
        order_.push_back(&family);
        return family;
    }

    std::map<std::string, Family, std::less<>> families_;
    std::vector<const Family*> order_;
};

struct Answers {
    std::vector<std::string> texts;
    size_t missing = 0;
};

}  // namespace

std::string MergePrometheusTexts(const std::vector<std::string>& texts) {
    Merger merger;
    for (const std::string& text : texts) merger.Add(text);
    return merger.Text();
}

std::string MergedHostMetrics(const std::vector<std::shared_ptr<HostLink>>& hosts,
                              core::milliseconds longest) {
    // Shared with answers that come after this has returned.
    const auto answers = std::make_shared<core::Guarded<Answers>>();
    answers->Lock()->missing = hosts.size();
    for (const auto& host : hosts) {
        host->Ask(HostFrame::kMetrics, [answers](core::Result<net::Frame> reply) {
            {
                auto all = answers->Lock();
                if (reply) all->texts.push_back(std::move(reply->body).Text());
                all->missing--;
            }
            answers->NotifyAll();
        });
    }
    auto all = answers->Lock();
    all.WaitUntil(core::SystemClock().Now() + longest, [&] { return all->missing == 0; });
    return MergePrometheusTexts(all->texts);
}

}  // namespace gyre::serving
