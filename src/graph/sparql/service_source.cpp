// SERVICE ("SPARQL 1.1 Federated Query"): another server's part of a query.
#include <algorithm>
#include <map>
#include <set>

#include "graph/sparql/outside.h"
#include "graph/sparql/read_results.h"
#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

using core::Code;

/// Rows of the left side that one request is about.
constexpr size_t kRowsAtOnce = 500;

class ServiceJoin final : public Source {
  public:
    ServiceJoin(Run& run, const Select& frame, SourcePtr left, const SlotSet& left_binds,
                const Service& service, const SlotSet& outer, bool optional,
                std::vector<Computation> conditions)
        : run_(run),
          frame_(frame),
          width_(frame.Width()),
          left_(std::move(left)),
          service_(service),
          outer_(outer.begin(), outer.end()),
          optional_(optional),
          conditions_(std::move(conditions)),
          seed_(width_) {
        const SlotSet columns(service.columns.begin(), service.columns.end());
        SlotSet sought = left_binds;
        sought.insert(outer.begin(), outer.end());
        const SlotSet shared = Intersection(columns, sought);
        shared_.assign(shared.begin(), shared.end());
    }

    void Open(const TermId* seed) override {
        seed_.assign(seed, seed + width_);
        left_->Open(seed);
        Forget();
        ended_ = false;
    }
    bool Next(TermId* row) override {
        while (run_.budget.GoOn()) {
            if (at_ == Rows() && !Gather()) return false;
            while (at_ < Rows()) {
                if (NextMatch(row)) return true;
                if (run_.budget.Failed()) return false;
            }
        }
        return false;
    }

  private:
    /// What an endpoint has said of some rows, by what its rows bind of `shared_`.
    struct Answer {
        std::vector<TermId> rows;  ///< of columns
        std::vector<size_t> keys;  ///< columns that are shared and bound in all its rows
        std::multimap<std::vector<TermId>, size_t> by_key;
        bool failed = false;  ///< and that is taken for one row that binds nothing
        bool whole = false;   ///< it was asked for all that it has
    };

    [[nodiscard]] size_t Rows() const { return block_.size() / std::max<size_t>(width_, 1); }
    [[nodiscard]] const TermId* Left(size_t i) const { return block_.data() + i * width_; }
    void Forget() {
        run_.budget.Release(block_rows_);
        block_rows_ = 0;
        block_.clear();
        at_ = 0;
        begun_ = false;
        std::erase_if(answers_, [&](const auto& one) {
            const Answer& answer = one.second;
            if (answer.whole || answer.failed) return false;
            run_.budget.Release(answer.by_key.size());
            return true;
        });
    }

    /// The next rows of the left side, and what their endpoints say of them. False: no more.
    bool Gather() {
        Forget();
        std::vector<TermId> row(std::max<size_t>(width_, 1));
        while (!ended_ && Rows() < kRowsAtOnce) {
            if (!left_->Next(row.data())) {
                ended_ = true;
                break;
            }
            if (!WithSeed(row)) continue;
            run_.budget.Hold();
            ++block_rows_;
            block_.insert(block_.end(), row.begin(), row.end());
        }
        std::map<TermId, std::vector<size_t>> of_endpoint;
        for (size_t i = 0; i < Rows(); ++i) of_endpoint[EndpointOf(Left(i))].push_back(i);
        for (const auto& [endpoint, rows] : of_endpoint) {
            const auto known = answers_.find(endpoint);
            if (known == answers_.end() && !Ask(endpoint, rows)) return false;
        }
        return Rows() > 0;
    }
    bool WithSeed(std::vector<TermId>& row) {
        for (const Slot slot : outer_) {
            if (seed_[slot] == rdf::kNoTerm) continue;
            if (row[slot] != rdf::kNoTerm && row[slot] != seed_[slot]) return false;
            row[slot] = seed_[slot];
        }
        return true;
    }
    TermId EndpointOf(const TermId* row) {
        if (service_.where.IsVariable()) return row[service_.where.number];
        if (endpoint_ == rdf::kNoTerm) endpoint_ = run_.IdOf(service_.where.term);
        return endpoint_;
    }

    /// False where the query has failed of it.
    bool Ask(TermId endpoint, const std::vector<size_t>& rows) {
        Answer& answer = answers_[endpoint];
        auto table = Results(endpoint, rows, answer.whole);
        if (table) {
            Keep(*table, answer);
            return !run_.budget.Failed();
        }
        const core::Error& error = table.error();
        const bool stops = error.code == Code::kDeadlineExceeded || error.code == Code::kCancelled;
        if (!service_.silent || stops) {
            run_.budget.Fail(error);
            return false;
        }
        answer.failed = true;
        return true;
    }

    core::Result<ResultTable> Results(TermId endpoint, const std::vector<size_t>& rows,
                                      bool& whole) {
        if (!rdf::IsIri(endpoint)) {
            return core::Fail(Code::kInvalidArgument, "BadRequestException",
                              "SERVICE: the endpoint's variable has no IRI");
        }
        if (run_.outside == nullptr) {
            return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                              "SERVICE: queries here ask no other server");
        }
        const std::string query = service_.prologue + QueryFor(rows, whole);
        GYRE_ASSIGN(const Outside::Results got,
                    run_.outside->Ask(run_.TermOf(endpoint)->text, query));
        return got.xml ? ReadXmlResults(got.text) : ReadJsonResults(got.text);
    }

    /// The pattern, with the rows' own terms as VALUES so that only what fits them comes back.
    std::string QueryFor(const std::vector<size_t>& rows, bool& whole) {
        std::string text = "SELECT";
        for (const Slot slot : service_.columns) text += " ?" + frame_.names[slot];
        if (service_.columns.empty()) text += " (1 AS ?one)";
        text += " WHERE { ";
        std::set<std::vector<TermId>> wanted;
        whole = shared_.empty();
        for (const size_t i : rows) {
            std::vector<TermId> terms;
            for (const Slot slot : shared_) {
                const TermId term = Left(i)[slot];
                // No other server knows a blank node of this one.
                terms.push_back(rdf::IsBlank(term) ? rdf::kNoTerm : term);
            }
            whole = whole || std::ranges::count(terms, rdf::kNoTerm) == std::ssize(terms);
            if (whole) break;
            wanted.insert(std::move(terms));
        }
        if (!whole) {
            text += "VALUES (";
            for (const Slot slot : shared_) text += " ?" + frame_.names[slot];
            text += " ) {";
            for (const auto& terms : wanted) {
                text += " (";
                for (const TermId term : terms) {
                    text += ' ';
                    if (term == rdf::kNoTerm)
                        text += "UNDEF";
                    else
                        rdf::AppendNTriples(text, *run_.TermOf(term));
                }
                text += " )";
            }
            text += " }\n";
        }
        return text + service_.text + " }";
    }

    void Keep(const ResultTable& table, Answer& answer) {
        const size_t columns = service_.columns.size();
        std::vector<size_t> from(columns, table.variables.size());
        for (size_t i = 0; i < columns; ++i) {
            const auto found =
                std::ranges::find(table.variables, frame_.names[service_.columns[i]]);
            from[i] = static_cast<size_t>(found - table.variables.begin());
        }
        std::map<std::string, TermId> blanks;
        std::vector<bool> bound(columns, true);
        for (const auto& row : table.rows) {
            run_.budget.Hold();
            if (!run_.budget.GoOn()) return;
            for (size_t i = 0; i < columns; ++i) {
                const bool given = from[i] < row.size() && row[from[i]];
                const TermId term = given ? IdOf(*row[from[i]], blanks) : rdf::kNoTerm;
                if (term == rdf::kNoTerm) bound[i] = false;
                answer.rows.push_back(term);
            }
        }
        // A row of no columns still counts.
        if (columns == 0) answer.rows.assign(table.rows.size(), rdf::kNoTerm);
        for (size_t i = 0; i < columns; ++i) {
            const bool shared = std::ranges::find(shared_, service_.columns[i]) != shared_.end();
            if (shared && bound[i]) answer.keys.push_back(i);
        }
        for (size_t i = 0; i < table.rows.size(); ++i) {
            answer.by_key.emplace(KeyOf(answer, answer.rows.data() + i * Stride()), i);
        }
    }
    [[nodiscard]] size_t Stride() const { return std::max<size_t>(service_.columns.size(), 1); }
    static std::vector<TermId> KeyOf(const Answer& answer, const TermId* row) {
        std::vector<TermId> key;
        for (const size_t i : answer.keys) key.push_back(row[i]);
        return key;
    }
    TermId IdOf(const rdf::Term& term, std::map<std::string, TermId>& blanks) {
        if (!term.IsBlank()) return run_.IdOf(term);
        const auto [entry, added] = blanks.emplace(term.text, rdf::kNoTerm);
        if (added) entry->second = run_.NewBlank();
        return entry->second;
    }

    /// The next row for the left row at `at_`, or that one's end.
    bool NextMatch(TermId* row) {
        const TermId* const left = Left(at_);
        Answer& answer = answers_.at(EndpointOf(left));
        if (!begun_) Begin(answer, left);
        while (next_ != last_) {
            const size_t i = (next_++)->second;
            if (!Merged(answer.rows.data() + i * Stride(), left, row) || !Hold(row)) continue;
            matched_ = true;
            return true;
        }
        begun_ = false;
        ++at_;
        if (!answer.failed && (!optional_ || matched_)) return false;
        std::copy_n(left, width_, row);
        return true;
    }
    void Begin(const Answer& answer, const TermId* left) {
        begun_ = true;
        matched_ = false;
        std::vector<TermId> key;
        for (const size_t i : answer.keys) key.push_back(left[service_.columns[i]]);
        const bool all = std::ranges::find(key, rdf::kNoTerm) != key.end();
        next_ = all ? answer.by_key.begin() : answer.by_key.lower_bound(key);
        last_ = all ? answer.by_key.end() : answer.by_key.upper_bound(key);
    }
    bool Merged(const TermId* found, const TermId* left, TermId* row) const {
        std::copy_n(left, width_, row);
        for (size_t i = 0; i < service_.columns.size(); ++i) {
            if (found[i] == rdf::kNoTerm) continue;
            TermId& term = row[service_.columns[i]];
            if (term != rdf::kNoTerm && term != found[i]) return false;
            term = found[i];
        }
        return true;
    }
    bool Hold(const TermId* row) {
        return std::ranges::all_of(conditions_, [&](Computation& one) { return one.Holds(row); });
    }

    Run& run_;
    const Select& frame_;
    const size_t width_;
    const SourcePtr left_;
    const Service& service_;
    const std::vector<Slot> outer_;
    const bool optional_;
    std::vector<Computation> conditions_;
    std::vector<Slot> shared_;
    std::vector<TermId> seed_;

    TermId endpoint_ = rdf::kNoTerm;  ///< where it is no variable, once asked for
    std::vector<TermId> block_;       ///< rows of the left side
    uint64_t block_rows_ = 0;
    bool ended_ = false;
    std::map<TermId, Answer> answers_;  ///< by endpoint
    size_t at_ = 0;                     ///< in the block
    bool begun_ = false, matched_ = false;
    std::multimap<std::vector<TermId>, size_t>::const_iterator next_, last_;
};

}  // namespace

SourcePtr ServiceSource(Run& run, const Select& frame, SourcePtr left, const SlotSet& left_binds,
                        const Service& service, const SlotSet& outer, bool optional,
                        std::vector<Computation> conditions) {
    return std::make_unique<ServiceJoin>(run, frame, std::move(left), left_binds, service, outer,
                                         optional, std::move(conditions));
}

}  // namespace gyre::graph::sparql
