// Algebra into sources: what is done in which order, and which filters where.
#include <algorithm>

#include "graph/sparql/detail/overloaded.h"
#include "graph/sparql/detail/parser.h"
#include "graph/sparql/explanation.h"
#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

using detail::Overloaded;

bool Within(const SlotSet& part, const SlotSet& whole) {
    return std::ranges::includes(whole, part);
}

/// Whether all of a pattern may be sought in all named graphs at once, each triple telling its own.
bool SpreadsOverGraphs(const Node& node) {
    const auto plain = [](const ExpressionPtr& one) { return !HasExists(*one); };
    return std::visit(
        Overloaded{[](const Bgp& bgp) { return bgp.paths.empty() && !bgp.triples.empty(); },
                   [](const Join& join) {
                       const bool left = std::holds_alternative<Values>(join.left->is);
                       const bool right = std::holds_alternative<Values>(join.right->is);
                       return (left || SpreadsOverGraphs(*join.left)) &&
                              (right || SpreadsOverGraphs(*join.right)) && !(left && right);
                   },
                   [&](const LeftJoin& join) {
                       return SpreadsOverGraphs(*join.left) && SpreadsOverGraphs(*join.right) &&
                              std::ranges::all_of(join.conditions, plain);
                   },
                   [](const Union& all) {
                       return std::ranges::all_of(all.branches, [](const NodePtr& one) {
                           return SpreadsOverGraphs(*one);
                       });
                   },
                   [&](const Filter& filter) {
                       return SpreadsOverGraphs(*filter.of) &&
                              std::ranges::all_of(filter.conditions, plain);
                   },
                   [](const auto&) { return false; }},
        node.is);
}

std::vector<const Expression*> Pointers(const std::vector<ExpressionPtr>& expressions) {
    std::vector<const Expression*> pointers;
    for (const ExpressionPtr& one : expressions) pointers.push_back(one.get());
    return pointers;
}

}  // namespace

Builder Builder::WithinExists() const {
    Builder inner = *this;
    inner.keeps_ = false;
    return inner;
}

bool Builder::Explains() const {
    return run_.explanation != nullptr && run_.explanation->Open();
}

SourcePtr Builder::Told(const char* name, std::string arguments, SourcePtr source) const {
    if (!Explains()) return source;
    return run_.explanation->Add(name, std::move(arguments), std::move(source));
}

std::string Builder::TextOf(const Atom& atom) {
    if (!Explains()) return {};
    std::string text = atom.node != nullptr     ? PatternText(*atom.node, frame_)
                       : atom.triple != nullptr ? PatternText(*atom.triple, frame_)
                                                : PatternText(*atom.path, frame_);
    if (ServiceOf(atom) != nullptr) return text;
    return text + "; about " + std::to_string(static_cast<uint64_t>(Estimate(atom, {}))) + " rows";
}

Place Builder::PlaceOf(const PatternTerm& term) {
    if (term.IsVariable()) return {term.number, rdf::kNoTerm};
    return {std::nullopt, run_.IdOf(term.term)};
}

std::vector<Computation> Builder::Computations(const std::vector<const Expression*>& expressions) {
    std::vector<Computation> computations;
    for (const Expression* one : expressions) computations.emplace_back(*one, *this);
    return computations;
}

const Service* Builder::ServiceOf(const Atom& atom) {
    return atom.node != nullptr ? std::get_if<Service>(&atom.node->is) : nullptr;
}

SlotSet Builder::PossibleOf(const Atom& atom) const {
    if (atom.node != nullptr) {
        SlotSet slots = Possible(*atom.node);
        if (graph_slot_ && !std::holds_alternative<Values>(atom.node->is)) {
            slots.insert(*graph_slot_);
        }
        return slots;
    }
    SlotSet slots;
    const auto add = [&](const PatternTerm& term) {
        if (term.IsVariable()) slots.insert(term.number);
    };
    if (atom.triple != nullptr) {
        add(atom.triple->subject);
        add(atom.triple->predicate);
        add(atom.triple->object);
        if (graph_slot_) slots.insert(*graph_slot_);
    } else {
        add(atom.path->subject);
        add(atom.path->object);
    }
    return slots;
}

SlotSet Builder::CertainOf(const Atom& atom) const {
    if (atom.node == nullptr) return PossibleOf(atom);
    SlotSet slots = Certain(*atom.node);
    if (graph_slot_ && !std::holds_alternative<Values>(atom.node->is)) slots.insert(*graph_slot_);
    return slots;
}

void Builder::Flatten(const Node& node, std::vector<Atom>& atoms) const {
    if (const auto* join = std::get_if<Join>(&node.is)) {
        Flatten(*join->left, atoms);
        Flatten(*join->right, atoms);
    } else if (const auto* bgp = std::get_if<Bgp>(&node.is)) {
        for (const TriplePattern& triple : bgp->triples)
            atoms.push_back({&triple, nullptr, nullptr});
        for (const PathPattern& path : bgp->paths) atoms.push_back({nullptr, &path, nullptr});
    } else {
        atoms.push_back({nullptr, nullptr, &node});
    }
}

SourcePtr Builder::Build(const Node& node, const SlotSet& seeded) {
    const auto chain = [&](const Node& of, std::vector<const Expression*> conditions) {
        std::vector<Atom> atoms;
        Flatten(of, atoms);
        return Chain(std::move(atoms), std::move(conditions), seeded);
    };
    return std::visit(
        Overloaded{
            [&](const Bgp&) { return chain(node, {}); },
            [&](const Join&) { return chain(node, {}); },
            [&](const Filter& filter) { return chain(*filter.of, Pointers(filter.conditions)); },
            [&](const LeftJoin& join) {
                const Atom left{nullptr, nullptr, join.left.get()};
                const SlotSet binds = PossibleOf(left);
                const Atom right{nullptr, nullptr, join.right.get()};
                SourcePtr from = Build(*join.left, Intersection(seeded, CertainOf(left)));
                if (const auto* service = std::get_if<Service>(&join.right->is)) {
                    return Told("Service", "optional, " + TextOf(right),
                                ServiceSource(run_, frame_, std::move(from), binds, *service, {},
                                              true, Computations(Pointers(join.conditions))));
                }
                return Told("LeftJoin", TextOf(right),
                            LeftJoinSource(run_, Width(), std::move(from), binds, Right(right),
                                           Computations(Pointers(join.conditions))));
            },
            [&](const Minus& minus) {
                const SlotSet binds = Possible(*minus.left);
                SourcePtr left = Build(*minus.left, seeded);
                if (Intersection(binds, Possible(*minus.right)).empty()) return left;
                const Atom right{nullptr, nullptr, minus.right.get()};
                return Told("Minus", TextOf(right),
                            MinusSource(run_, Width(), std::move(left), binds, Right(right)));
            },
            [&](const Union& all) {
                std::vector<SourcePtr> branches;
                for (const NodePtr& branch : all.branches)
                    branches.push_back(Build(*branch, seeded));
                const size_t count = branches.size();
                return Told("Union", std::to_string(count) + " branches",
                            UnionSource(std::move(branches)));
            },
            [&](const Extend& extend) {
                std::vector<std::pair<Slot, Computation>> values;
                for (const auto& [slot, value] : extend.values) {
                    values.emplace_back(slot, Computation(*value, *this));
                }
                std::vector<Slot> slots;
                for (const auto& [slot, value] : extend.values) slots.push_back(slot);
                SourcePtr of = Build(*extend.of, seeded);
                return Told("Bind", SlotsText(slots, frame_),
                            ExtendSource(run_, std::move(of), std::move(values)));
            },
            [&](const InGraph& graph) { return BuildGraph(graph, seeded); },
            [&](const Values& values) {
                return Told("Values", TextOf({nullptr, nullptr, &node}),
                            ValuesSource(run_, Width(), values));
            },
            [&](const SubSelect& sub) {
                return Told("SubSelect", TextOf({nullptr, nullptr, &node}),
                            SubSelectSource(run_, sub, Width(), active_));
            },
            [&](const Service& service) {
                return Told("Service", TextOf({nullptr, nullptr, &node}),
                            ServiceSource(run_, frame_, UnitSource(Width()), {}, service, seeded,
                                          false, {}));
            }},
        node.is);
}

SourcePtr Builder::BuildGraph(const InGraph& graph, const SlotSet& seeded) {
    Builder inner = *this;
    inner.counts_.clear();
    inner.graph_slot_.reset();
    inner.active_ = std::make_shared<ActiveGraph>();
    if (!graph.graph.IsVariable()) {
        const TermId named = run_.IdOf(graph.graph.term);
        const bool there =
            run_.dataset.Named(named) && (run_.dataset.named || run_.quads.CountGraph(named) > 0);
        if (!there) return NoSource();
        inner.active_->named = named;
        return inner.Build(*graph.of, seeded);
    }
    const Slot slot = graph.graph.number;
    // Within it, the variable is an ordinary one: where it stands there too, graphs are taken in
    // turn.
    if (SpreadsOverGraphs(*graph.of) && !Possible(*graph.of).contains(slot)) {
        inner.graph_slot_ = slot;
        return inner.Build(*graph.of, seeded);
    }
    SlotSet sought = seeded;
    sought.erase(slot);
    return EachGraphSource(run_, Width(), slot, inner.Build(*graph.of, sought), inner.active_);
}

SourcePtr Builder::BuildAtom(const Atom& atom, const SlotSet& seeded) {
    if (atom.node != nullptr) return Build(*atom.node, seeded);
    if (atom.triple != nullptr) {
        return TripleSource(run_, Width(),
                            {PlaceOf(atom.triple->subject), PlaceOf(atom.triple->predicate),
                             PlaceOf(atom.triple->object), graph_slot_},
                            active_);
    }
    return PathSource(run_, Width(), PlaceOf(atom.path->subject), atom.path->path,
                      PlaceOf(atom.path->object), active_);
}

RightSide Builder::Right(const Atom& atom) {
    RightSide right;
    right.certain = CertainOf(atom);
    right.possible = PossibleOf(atom);
    right.estimate = Estimate(atom, {});
    right.active = active_;
    right.keeps = keeps_;
    if (atom.node != nullptr) {
        const bool whole = std::holds_alternative<SubSelect>(atom.node->is);
        if (whole || std::holds_alternative<Values>(atom.node->is)) right.keeps = true;
        right.seekable = !whole;
        // Of what another server says nothing is certain but where it was asked.
        const auto* service = std::get_if<Service>(&atom.node->is);
        right.keeps = right.keeps && (service == nullptr || !service->where.IsVariable());
    }
    // The builder's own copy: sources are built when they are first needed.
    right.build = [builder = std::make_shared<Builder>(*this), atom](const SlotSet& seeded) {
        return builder->BuildAtom(atom, seeded);
    };
    return right;
}

// Greedy: the cheapest part first, then always the cheapest that hangs together with what is bound.
// A filter comes as soon as all that it looks at is bound for good.
SourcePtr Builder::Chain(std::vector<Atom> atoms, std::vector<const Expression*> conditions,
                         const SlotSet& seeded) {
    SlotSet certain = seeded, possible = seeded;
    SlotSet in_rows;  // what a row has by now: a seed gets there with the first join
    SourcePtr source;
    const auto filter = [&](bool all) {
        std::vector<const Expression*> ready;
        std::erase_if(conditions, [&](const Expression* one) {
            SlotSet looks_at;
            AddVariables(*one, looks_at);
            const bool now = all || (!HasExists(*one) && Within(looks_at, in_rows));
            if (now) ready.push_back(one);
            return now;
        });
        if (ready.empty()) return;
        source = Told("Filter", std::to_string(ready.size()) + " conditions",
                      FilterSource(run_, std::move(source), Computations(ready)));
    };
    if (atoms.empty()) source = UnitSource(Width());
    while (!atoms.empty()) {
        const size_t next = Cheapest(atoms, certain);
        const Atom atom = atoms[next];
        atoms.erase(atoms.begin() + static_cast<ptrdiff_t>(next));
        if (!source) {
            source = BuildAtom(atom, Intersection(seeded, CertainOf(atom)));
            if (atom.node == nullptr) source = Told("Scan", TextOf(atom), std::move(source));
        } else if (const Service* service = ServiceOf(atom)) {
            in_rows.insert(seeded.begin(), seeded.end());
            source = Told("Service", TextOf(atom),
                          ServiceSource(run_, frame_, std::move(source), possible, *service, seeded,
                                        false, {}));
        } else {
            in_rows.insert(seeded.begin(), seeded.end());
            source =
                Told("Join", TextOf(atom),
                     JoinSource(run_, Width(), std::move(source), possible, Right(atom), seeded));
        }
        certain.merge(CertainOf(atom));
        in_rows.merge(CertainOf(atom));
        possible.merge(PossibleOf(atom));
        if (!atoms.empty()) filter(false);
    }
    filter(true);
    return source;
}

size_t Builder::Cheapest(const std::vector<Atom>& atoms, const SlotSet& bound) {
    size_t best = 0;
    std::pair<bool, double> least{true, 0};
    for (size_t i = 0; i < atoms.size(); ++i) {
        const SlotSet slots = PossibleOf(atoms[i]);
        const bool apart = !bound.empty() && !slots.empty() && Intersection(slots, bound).empty();
        const std::pair<bool, double> cost{apart, Estimate(atoms[i], bound)};
        if (i == 0 || cost < least) {
            best = i;
            least = cost;
        }
    }
    return best;
}

SourcePtr Builder::BuildMatches() {
    const Select& select = frame_;
    std::vector<Atom> atoms;
    std::vector<const Expression*> conditions;
    if (const auto* filter = std::get_if<Filter>(&select.where->is); filter && !select.values) {
        Flatten(*filter->of, atoms);
        conditions = Pointers(filter->conditions);
    } else {
        Flatten(*select.where, atoms);
    }
    if (select.values) Flatten(*select.values, atoms);
    SourcePtr source = Chain(std::move(atoms), std::move(conditions), {});
    if (select.grouped) {
        std::vector<std::pair<Slot, Computation>> computed;
        std::vector<Slot> keys;
        for (const auto& [slot, value] : select.keys) {
            keys.push_back(slot);
            if (value) computed.emplace_back(slot, Computation(*value, *this));
        }
        if (!computed.empty()) source = ExtendSource(run_, std::move(source), std::move(computed));
        const std::string by = keys.empty() ? "all" : "by " + SlotsText(keys, select);
        source = Told("Group", by,
                      GroupSource(run_, Width(), std::move(source), std::move(keys),
                                  select.aggregates, select.keys.empty(), *this));
    }
    if (!select.having.empty()) {
        source = Told("Having", std::to_string(select.having.size()) + " conditions",
                      FilterSource(run_, std::move(source), Computations(Pointers(select.having))));
    }
    if (!select.computed.empty()) {
        std::vector<std::pair<Slot, Computation>> computed;
        for (const auto& [slot, value] : select.computed) {
            computed.emplace_back(slot, Computation(*value, *this));
        }
        source = ExtendSource(run_, std::move(source), std::move(computed));
    }
    if (!select.order.empty()) {
        std::vector<std::pair<Computation, bool>> keys;
        for (const auto& [value, descending] : select.order) {
            keys.emplace_back(Computation(*value, *this), descending);
        }
        std::optional<uint64_t> most;
        if (select.limit && !select.distinct) most = *select.limit + select.offset;
        source = Told("Order", most ? "the first " + std::to_string(*most) : "all",
                      OrderSource(run_, Width(), std::move(source), std::move(keys), most));
    }
    return source;
}

SourcePtr Builder::BuildSelect() {
    const Select& select = frame_;
    SourcePtr source = BuildMatches();
    source = Told("Project", SlotsText(select.columns, select),
                  ProjectSource(Width(), std::move(source), select.columns));
    if (select.distinct) {
        source = Told("Distinct", SlotsText(select.columns, select),
                      DistinctSource(run_, std::move(source), select.columns));
    }
    if (select.limit || select.offset > 0) {
        const std::string most = select.limit ? std::to_string(*select.limit) : "all";
        source = Told("Slice", most + " from " + std::to_string(select.offset),
                      SliceSource(std::move(source), select.offset, select.limit));
    }
    return source;
}

}  // namespace gyre::graph::sparql
