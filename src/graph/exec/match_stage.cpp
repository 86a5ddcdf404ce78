#include <algorithm>

#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

/// match(): all ways to bind the names so that every pattern holds, found by going back. A pattern
/// whose beginning is bound is next; what is bound lies on the path, so that where() inside sees
/// it.
class Match final : public Stage {
  public:
    Match(const plan::Step& step, Context& context) : Stage(step, context) {
        for (size_t i = 0; i < step.children.size(); ++i) {
            patterns_.push_back({step.texts[2 * i], step.texts[2 * i + 1],
                                 MakePipeline(step.children[i], context)});
        }
    }

    bool Next(Traverser& traverser) override {
        while (found_.empty()) {
            Traverser start;
            if (!Pull(start)) return false;
            graph::Map bound = Bound(start);
            const std::string first = bound.Size() == 0 ? FirstName() : "";
            if (!first.empty()) {
                bound.Put(Value(first), start.value);
                start.path = Labelled(start.path, {first});
            }
            std::vector<bool> done(patterns_.size(), false);
            Search(start, bound, done);
        }
        traverser = std::move(found_.front());
        found_.pop_front();
        return true;
    }
    void Reset() override { found_.clear(); }

  private:
    struct Pattern {
        std::string begin, end;
        PipelinePtr body;
    };

    /// Names that the steps before it have given already.
    graph::Map Bound(const Traverser& traverser) const {
        graph::Map bound;
        for (const Pattern& pattern : patterns_) {
            for (const std::string& name : {pattern.begin, pattern.end}) {
                Value value;
                if (name.empty() || !FindLabel(traverser.path, name, Pop::kLast, value)) continue;
                bound.Put(Value(name), std::move(value));
            }
        }
        for (size_t i = 2 * patterns_.size(); i < step_.texts.size(); ++i) {
            Value value;
            if (!FindLabel(traverser.path, step_.texts[i], Pop::kLast, value)) continue;
            bound.Put(Value(step_.texts[i]), std::move(value));
        }
        return bound;
    }
    /// The name that begins some pattern and ends none; else that of the first.
    std::string FirstName() const {
        for (const Pattern& pattern : patterns_) {
            const bool ends = std::ranges::any_of(
                patterns_, [&](const Pattern& other) { return other.end == pattern.begin; });
            if (!pattern.begin.empty() && !ends) return pattern.begin;
        }
        for (const Pattern& pattern : patterns_) {
            if (!pattern.begin.empty()) return pattern.begin;
        }
        return "";
    }

    void Search(const Traverser& at, const graph::Map& bound, std::vector<bool>& done) {
        if (!context_.GoOn()) return;
        const size_t next = Choose(bound, done);
        if (next == patterns_.size()) {
            if (std::ranges::find(done, false) != done.end()) return;  // some name is never bound
            Traverser result = at;
            MoveTo(result, Value(std::make_shared<graph::Map>(bound)));
            context_.Hold();
            found_.push_back(std::move(result));
            return;
        }
        done[next] = true;
        Pattern& pattern = patterns_[next];
        Traverser start = at;
        start.bulk = 1;
        if (!pattern.begin.empty())
            start.value = *bound.Find(Value(pattern.begin));
        else
            start.value = Value(std::make_shared<graph::Map>(bound));
        Values results;
        pattern.body->Begin(start);
        Traverser result;
        while (pattern.body->Next(result)) {
            results.push_back(result.value);
            if (pattern.end.empty()) break;  // that there is one is enough
        }
        for (const Value& value : results) {
            if (pattern.end.empty()) {
                Search(at, bound, done);
                break;
            }
            if (const Value* before = bound.Find(Value(pattern.end))) {
                if (SameValue(*before, value)) Search(at, bound, done);
                continue;
            }
            graph::Map more = bound;
            more.Put(Value(pattern.end), value);
            Traverser on = at;
            on.path = Extend(at.path, value, {pattern.end});
            Search(on, more, done);
        }
        done[next] = false;
    }

    /// One whose beginning is bound; those that only test come first, those without a name last.
    size_t Choose(const graph::Map& bound, const std::vector<bool>& done) const {
        size_t best = patterns_.size();
        int best_rank = 3;
        for (size_t i = 0; i < patterns_.size(); ++i) {
            const Pattern& pattern = patterns_[i];
            if (done[i]) continue;
            if (!pattern.begin.empty() && bound.Find(Value(pattern.begin)) == nullptr) continue;
            const bool tests = pattern.end.empty() || bound.Find(Value(pattern.end)) != nullptr;
            const int rank = pattern.begin.empty() ? 2 : tests ? 0 : 1;
            if (rank < best_rank) {
                best = i;
                best_rank = rank;
            }
        }
        return best;
    }

    std::vector<Pattern> patterns_;
    std::deque<Traverser> found_;
};

}  // namespace

StagePtr MakeMatch(const plan::Step& step, Context& context) {
    return std::make_unique<Match>(step, context);
}

}  // namespace gyre::graph::exec
