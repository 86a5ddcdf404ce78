#include "transform/object_transform.h"

#include <algorithm>

#include "transform/answer_excerpt.h"
#include "transform/input_stream.h"
#include "transform/streamed_invocation.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Status;
using core::SteadyTime;

constexpr core::seconds kCheckpointEvery{1};

SteadyTime Now() {
    return core::SystemClock().Now();
}

Status Stopping() {
    return core::Fail(Code::kCancelled, "the job stops");
}

}  // namespace

ObjectTransform::ObjectTransform(const RunContext& run, PlannedObject object)
    : run_(run),
      object_(std::move(object)),
      spool_(run.folder / ("object-" + std::to_string(object_.index)), &run.store),
      saved_(Now()) {
}

RecordFailure ObjectTransform::FailureAt(uint64_t record, uint64_t records, uint64_t offset,
                                         std::string_view reason) const {
    RecordFailure failure;
    failure.object = object_.Uri();
    failure.record = record;
    failure.records = records;
    failure.offset = offset;
    failure.reason = AnswerExcerpt(reason);
    return failure;
}

RecordFailure ObjectTransform::FailureOf(uint64_t records, Refusal refusal) const {
    RecordFailure failure = FailureAt(records_, records, answered_, refusal.reason);
    failure.status = refusal.status;
    failure.answer = std::move(refusal.answer);
    return failure;
}

HostPool::Want ObjectTransform::NextWant() const {
    // What is joined is there twice in the end: in the records and in the answer.
    const size_t texts = run_.spec.processing.ChangesOutput() ? 2 : 1;
    uint64_t bytes = run_.limits.payload_bytes;
    if (!run_.spec.gzip) bytes = std::min(bytes, object_.size - std::min(answered_, object_.size));
    return {.share = object_.share, .bytes = static_cast<size_t>(bytes) * texts};
}

// The put that was begun before a restart, where it came to its end.
std::optional<PutIntent> ObjectTransform::PutBefore() const {
    const auto intent = run_.journal.IntentOf(object_.index);
    if (!intent) return std::nullopt;
    const auto there = run_.store.Head(run_.spec.output.bucket, object_.output_key);
    const bool ended = there && there->size == intent->size && there->modified >= intent->at;
    return ended ? intent : std::nullopt;
}

Status ObjectTransform::Run() {
    if (const auto before = PutBefore()) {
        spool_.Discard();
        Count(object_.size, before->records);
        return run_.journal.Done(object_.index, object_.size, before->records);
    }
    GYRE_ASSIGN(std::optional<RecordFailure> failure,
                run_.limits.streamed ? Stream() : Transform());
    pending_.clear();
    if (failure) return Fail(std::move(*failure));
    return Put();
}

core::Result<std::unique_ptr<net::BodyReader>> ObjectTransform::OpenBody() {
    GYRE_ASSIGN(objects::ObjectData data, run_.store.Get(object_.input.bucket, object_.input.key));
    if (data.info.etag != object_.etag) {
        return core::Fail(Code::kInvalidArgument,
                          "the object was replaced after the job had begun");
    }
    if (run_.spec.gzip) return std::make_unique<GunzipReader>(std::move(data.body));
    return std::move(data.body);
}

core::Result<ObjectTransform::Input> ObjectTransform::Open(uint64_t offset, uint64_t record) {
    Input input;
    GYRE_ASSIGN(input.body, OpenBody());
    GYRE_TRY(Skip(*input.body, offset));
    input.reader = std::make_unique<RecordReader>(
        *input.body, run_.spec.split, run_.limits.payload_bytes, TooLong(run_.spec, run_.limits));
    input.packer = std::make_unique<Packer>(*input.reader, run_.spec, run_.limits, record, offset);
    return input;
}

ObjectTransform::Step ObjectTransform::Transform() {
    uint64_t offset = 0;
    if (const auto part = run_.journal.PartOf(object_.index)) {
        if (spool_.Resume(part->spooled)) {
            offset = answered_ = part->offset;
            records_ = part->records;
            content_type_ = part->content_type;
        }
    }
    auto input = Open(offset, records_);
    if (!input) return FailureAt(records_, 0, offset, input.error().message);
    input_ = std::move(*input);
    Count(UnpackedBytes(offset), records_);
    while (true) {
        GYRE_ASSIGN(std::optional<RecordFailure> failure, SendMore());
        // What was sent before it comes first, and may fail first.
        while (!pending_.empty()) {
            GYRE_ASSIGN(std::optional<RecordFailure> earlier, TakeFirst());
            if (earlier) return earlier;
            if (!failure && !all_read_) break;
        }
        if (failure) return failure;
        if (all_read_ && pending_.empty()) return std::optional<RecordFailure>();
    }
}

// The object as one request of whatever length, whose answer becomes the output as it comes.
// Another try begins at the beginning.
ObjectTransform::Step ObjectTransform::Stream() {
    if (object_.size == 0) return std::optional<RecordFailure>();
    Retries retries(run_.spec, Alone());
    while (true) {
        auto body = OpenBody();
        if (!body) return FailureAt(0, 1, 0, body.error().message);
        std::optional<HostPool::Place> place =
            run_.hosts.Take({.share = object_.share,
                             .bytes = StreamedInvocation::kMemory,
                             .alone = retries.Alone()});
        if (!place) return core::Fail(Stopping().error());
        char last = '\0';
        StreamedInvocation::Steps steps;
        steps.sent = [&](size_t bytes) { Count(UnpackedBytes(bytes), 0); };
        steps.came = [&](ModelAnswer part) {
            if (!part.body.empty()) last = part.body.View().back();
            return WritePart(std::move(part));
        };
        auto invocation = std::make_unique<StreamedInvocation>(std::move(*place), run_.spec);
        GYRE_ASSIGN(auto outcome, invocation->Run(**body, steps, run_.cancel));
        invocation = nullptr;  // its place is another's
        if (outcome) {
            if (run_.spec.assemble_lines && last != '\n') outcome->body = "\n";
            records_ = 1;
            Count(0, 1);
            GYRE_TRY(WritePart(std::move(*outcome)));
            return std::optional<RecordFailure>();
        }
        if (!retries.After(outcome.error(), Now())) return FailureOf(1, std::move(outcome.error()));
        BeginAnew();
        if (run_.cancel.WaitUntil(Now() + retries.Pause())) return core::Fail(Stopping().error());
    }
}

Status ObjectTransform::WritePart(ModelAnswer part) {
    NoteType(part);
    return WritePiece(std::move(part.body));
}

Status ObjectTransform::WritePiece(core::Body piece) {
    const size_t bytes = piece.size();
    return InOrder(bytes, [this, body = std::move(piece)]() -> Status {
        GYRE_TRY(spool_.Append(body));
        FollowSpool();
        return {};
    });
}

void ObjectTransform::BeginAnew() {
    DropOutput();
    content_type_.clear();
    run_.bytes -= std::exchange(counted_, 0);
}

ObjectTransform::Step ObjectTransform::SendMore() {
    while (!all_read_) {
        // Who waits for a place must hold none: the first answer would never be taken.
        auto place =
            pending_.empty() ? run_.hosts.Take(NextWant()) : run_.hosts.TryTake(NextWant());
        if (run_.cancel.Cancelled() || (pending_.empty() && !place)) {
            return core::Fail(Stopping().error());
        }
        if (!place) break;
        input_.reader->ReadInto(
            [link = place->Link()](size_t size) { return link->NewMemory(size); });
        auto payload = input_.packer->Next();
        if (!payload) {
            all_read_ = true;
            return FailureAt(input_.packer->Record(), 1, input_.packer->Offset(),
                             payload.error().message);
        }
        if (!*payload) {
            all_read_ = true;
            break;
        }
        place->Holds((*payload)->Bytes());
        Pending sent{std::move(**payload), nullptr, std::nullopt};
        sent.invocation =
            std::make_unique<Invocation>(std::move(*place), run_.spec,
                                         run_.spec.name + "/" + std::to_string(object_.index) +
                                             "/" + std::to_string(sent.payload.first_record),
                                         std::move(sent.payload.body));
        pending_.push_back(std::move(sent));
    }
    return std::optional<RecordFailure>();
}

ObjectTransform::Step ObjectTransform::TakeFirst() {
    Pending& first = pending_.front();
    if (!first.outcome) {
        GYRE_ASSIGN(first.outcome, first.invocation->Wait(run_.cancel));
    }
    const uint64_t records = first.payload.records;
    if (*first.outcome) {
        GYRE_ASSIGN(std::optional<Refusal> unfit,
                    Finish(first.payload, std::move(**first.outcome)));
        if (unfit) return FailureOf(records, std::move(*unfit));
        pending_.pop_front();
        return std::optional<RecordFailure>();
    }
    Refusal refusal = std::move(first.outcome->error());
    pending_.pop_front();  // its place is another's
    GYRE_ASSIGN(const std::optional<Refusal> in_vain,
                Try(records, Retries(run_.spec, Alone()), std::move(refusal)));
    if (!in_vain) return std::optional<RecordFailure>();
    return InHalves(records, *in_vain);
}

// Waits for all that is on its way, and keeps what became of it without its place.
Status ObjectTransform::Settle() {
    for (Pending& sent : pending_) {
        if (sent.outcome) continue;
        GYRE_ASSIGN(sent.outcome, sent.invocation->Wait(run_.cancel));
        sent.invocation = nullptr;
    }
    return {};
}

// The `records` that follow what is answered, read anew: what is sent is not kept, for most of it
// is answered at once. `refusal` is what became of an earlier try.
ObjectTransform::Tried ObjectTransform::Try(uint64_t records, Retries retries,
                                            std::optional<Refusal> refusal) {
    GYRE_TRY(Settle());
    while (true) {
        if (refusal) {
            if (!retries.After(*refusal, Now())) return refusal;
            if (run_.cancel.WaitUntil(Now() + retries.Pause())) {
                return core::Fail(Stopping().error());
            }
        }
        HostPool::Want want = NextWant();
        want.alone = retries.Alone();
        std::optional<HostPool::Place> place = run_.hosts.Take(want);
        if (!place) return core::Fail(Stopping().error());
        auto input = Open(answered_, records_);
        if (!input) {
            return Refusal{.then = Refusal::Then::kGiveUp, .reason = input.error().message};
        }
        input->reader->ReadInto(
            [link = place->Link()](size_t size) { return link->NewMemory(size); });
        GYRE_ASSIGN(std::optional<Payload> payload, input->packer->Next(records));
        if (!payload) return core::Fail(Code::kInternal, "a payload cannot be read again");
        place->Holds(payload->Bytes());
        Invocation invocation(std::move(*place), run_.spec, run_.spec.name + "/again",
                              std::move(payload->body));
        GYRE_ASSIGN(Outcome outcome, invocation.Wait(run_.cancel));
        if (outcome) return Finish(*payload, std::move(*outcome));
        refusal = std::move(outcome.error());
    }
}

// The `records` that follow what is answered, which were not answered in one piece: half by half,
// down to the first that is not answered by itself.
ObjectTransform::Step ObjectTransform::InHalves(uint64_t records, const Refusal& refusal) {
    const bool of_the_payload =
        refusal.then != Refusal::Then::kLater && refusal.then != Refusal::Then::kMisfit;
    if (records == 1 || !of_the_payload) return FailureOf(records, refusal);
    const Retries retries(run_.spec, Alone(), refusal);
    const uint64_t half = records / 2;
    GYRE_ASSIGN(const std::optional<Refusal> first, Try(half, retries, std::nullopt));
    if (first) {
        GYRE_ASSIGN(std::optional<RecordFailure> failure, InHalves(half, *first));
        if (failure) return failure;
    }
    // Where the first half was answered it is known which was not.
    std::optional<Refusal> second = refusal;
    if (first || records - half == 1) {
        GYRE_ASSIGN(second, Try(records - half, retries, std::nullopt));
    }
    if (!second) return std::optional<RecordFailure>();
    return InHalves(records - half, *second);
}

// Joins and writes an answer. A refusal: it does not fit the records, and some of it may be
// written.
ObjectTransform::Tried ObjectTransform::Finish(const Payload& payload, ModelAnswer answer) {
    if (run_.spec.processing.ChangesOutput()) {
        NoteType(answer);
        Status written;
        std::string last;
        const auto keep = [&](std::string piece) -> Status {
            if (!last.empty()) written = WritePiece(std::move(last));
            last = std::move(piece);
            return written;
        };
        const Status joined = run_.spec.processing.Output(payload.originals, answer.body, keep);
        if (!written) return core::Fail(written.error());
        if (!joined) {
            return Refusal{.then = Refusal::Then::kMisfit,
                           .reason = joined.error().message,
                           .answer = AnswerExcerpt(answer.body)};
        }
        answer.body = std::move(last);
    }
    GYRE_TRY(Write(payload, std::move(answer)));
    return std::optional<Refusal>();
}

Status ObjectTransform::Write(const Payload& payload, ModelAnswer answer) {
    records_ += payload.records;
    answered_ = payload.end;
    Count(UnpackedBytes(payload.end - payload.begin), payload.records);
    NoteType(answer);
    const size_t bytes = answer.body.size();
    return InOrder(bytes, [this, body = std::move(answer.body), end = payload.end,
                           records = records_] { return Append(body, end, records); });
}

// The output's is that of its first answer. The writer reads it.
void ObjectTransform::NoteType(const ModelAnswer& answer) {
    if (writer_ == nullptr && content_type_.empty()) content_type_ = answer.content_type;
}

// At once while the output is small, then by the writer.
Status ObjectTransform::InOrder(size_t bytes, SpoolWriter::Write write) {
    if (writer_ != nullptr) return writer_->Add(bytes, std::move(write));
    GYRE_TRY(write());
    if (spool_.InFile()) writer_ = std::make_unique<SpoolWriter>();
    return {};
}

Status ObjectTransform::Append(std::string_view answer, uint64_t end, uint64_t records) {
    GYRE_TRY(spool_.Append(answer));
    if (run_.spec.assemble_lines && !answer.ends_with('\n')) GYRE_TRY(spool_.Append("\n"));
    GYRE_TRY(Checkpoint(end, records));
    FollowSpool();
    return {};
}

// A large output that is no draft is put while it grows.
void ObjectTransform::FollowSpool() {
    if (!spool_.InFile() || spool_.Draft() != nullptr) return;
    if (put_ == nullptr) {
        put_began_ = core::SystemClock().WallNow();
        put_ = std::make_unique<StreamedPut>(
            run_.store, objects::S3Uri{run_.spec.output.bucket, object_.output_key}, content_type_,
            spool_.File());
    }
    put_->Grew(spool_.FileSize());
}

Status ObjectTransform::Checkpoint(uint64_t end, uint64_t records) {
    if (!spool_.InFile()) return {};
    const SteadyTime now = Now();
    if (now - saved_ < kCheckpointEvery) return {};
    GYRE_TRY(spool_.Sync());
    GYRE_TRY(run_.journal.Part(object_.index, {end, records, spool_.Size(), content_type_}));
    saved_ = now;
    return {};
}

Status ObjectTransform::Put() {
    if (run_.cancel.Cancelled()) return Stopping();
    if (writer_ != nullptr) GYRE_TRY(writer_->Finish());
    if (run_.puts != nullptr && !spool_.InFile() &&
        spool_.Size() <= run_.store.PutsTogetherUpTo()) {
        Count(object_.size - std::min(counted_, object_.size), 0);
        run_.puts->Add({.index = object_.index,
                        .input = object_.size,
                        .records = records_,
                        .key = object_.output_key,
                        .body = spool_.TakeText(),
                        .content_type = content_type_,
                        .failure = FailureAt(records_, 0, 0, "")});
        return {};
    }
    GYRE_TRY(spool_.Flush());
    if (put_ == nullptr) put_began_ = core::SystemClock().WallNow();
    GYRE_TRY(run_.journal.Intent(object_.index, {spool_.Size(), put_began_, records_}));
    const auto put = PutSpool();
    if (!put) {
        const std::string where = "s3://" + run_.spec.output.bucket + "/" + object_.output_key;
        return Fail(FailureAt(records_, 0, 0,
                              "the output " + where + " cannot be put: " + put.error().message));
    }
    spool_.Discard();
    Count(object_.size - std::min(counted_, object_.size), 0);
    return run_.journal.Done(object_.index, object_.size, records_);
}

core::Result<objects::ObjectInfo> ObjectTransform::PutSpool() {
    const std::string& bucket = run_.spec.output.bucket;
    if (objects::ObjectDraft* draft = spool_.Draft()) {
        return run_.store.PutDraft(bucket, object_.output_key, *draft, content_type_);
    }
    if (put_ != nullptr) {
        put_->Grew(spool_.FileSize());
        return put_->Finish();
    }
    GYRE_ASSIGN(const auto body, spool_.Read());
    return run_.store.Put(bucket, object_.output_key, *body, content_type_);
}

void ObjectTransform::DropOutput() {
    writer_ = nullptr;
    put_ = nullptr;
    spool_.Discard();
}

Status ObjectTransform::Fail(RecordFailure failure) {
    DropOutput();
    Count(object_.size - std::min(counted_, object_.size), 0);
    return run_.journal.Failed(object_.index, object_.size, failure);
}

// Of a packed object it is not known how far its content is behind.
uint64_t ObjectTransform::UnpackedBytes(uint64_t bytes) const {
    return run_.spec.gzip ? 0 : bytes;
}

void ObjectTransform::Count(uint64_t bytes, uint64_t records) {
    counted_ += bytes;
    run_.bytes += bytes;
    run_.records += records;
}

}  // namespace gyre::transform
