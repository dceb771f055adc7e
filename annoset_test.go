package annoset_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/survey"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	var (
		id, datasetID, parentID = uuid.UUID{15: 1}, uuid.UUID{15: 2}, uuid.UUID{15: 3}
		at                      = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	)
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"annotation", annoset.Annotation{
			ID: 1 << 60, AudioFileID: "a.wav", ArtifactType: "glitch", StartMS: 1, EndMS: 2, Confidence: new(0.0),
			ExtraData: json.RawMessage(`{"a":1.0}`),
		}, `{"id":1152921504606846976,"audio_file_id":"a.wav","artifact_type":"glitch","start_ms":1,"end_ms":2,
			"confidence":0,"extra_data":{"a":1.0}}`},
		{"annotation with nothing optional", label("a.wav", "glitch", 0, 0),
			`{"id":0,"audio_file_id":"a.wav","artifact_type":"glitch","start_ms":0,"end_ms":0,"confidence":null}`},
		{"published set", annoset.AnnotationSet{
			ID: id, DatasetID: datasetID, Version: 3, Status: annoset.StatusPublished, ParentID: &parentID, Notes: "n",
			ExtraData: json.RawMessage(`{}`), Digest: "sha256:00", CreatedAt: at, PublishedAt: &at, Revision: 7,
			CreatedBy: "ann", EditedBy: []string{"", "bob"}, PublishedBy: "cid",
			Stats: annoset.Stats{
				TotalAnnotations: 1, TotalPositiveDurationMS: 2, AnnotatedAudioFiles: 3, CleanAudioFiles: 4,
				AnnotationsByType: map[string]int64{"x": 5}, DurationMSByType: map[string]int64{"x": 6},
			},
		}, `{"id":"00000000-0000-0000-0000-000000000001","dataset_id":"00000000-0000-0000-0000-000000000002","version":3,
			"status":"published","parent_id":"00000000-0000-0000-0000-000000000003","notes":"n","extra_data":{},
			"total_annotations":1,"total_positive_duration_ms":2,"annotations_by_type":{"x":5},"duration_ms_by_type":{"x":6},
			"annotated_audio_files":3,"clean_audio_files":4,"digest":"sha256:00",
			"created_at":"2026-01-02T03:04:05.678Z","published_at":"2026-01-02T03:04:05.678Z","revision":7,
			"created_by":"ann","edited_by":["","bob"],"published_by":"cid"}`},
		{"draft", annoset.AnnotationSet{
			ID: id, DatasetID: datasetID, Version: 1, Status: annoset.StatusDraft, CreatedAt: at, Revision: 1,
			EditedBy: []string{},
			Stats:    annoset.Stats{AnnotationsByType: map[string]int64{}, DurationMSByType: map[string]int64{}},
		}, `{"id":"00000000-0000-0000-0000-000000000001","dataset_id":"00000000-0000-0000-0000-000000000002","version":1,
			"status":"draft","parent_id":null,"notes":"","total_annotations":0,"total_positive_duration_ms":0,
			"annotations_by_type":{},"duration_ms_by_type":{},"annotated_audio_files":0,"clean_audio_files":0,"digest":"",
			"created_at":"2026-01-02T03:04:05.678Z","published_at":null,"revision":1,"created_by":"","edited_by":[],
			"published_by":""}`},
		{"dataset", annoset.Dataset{
			ID: id, Name: "n", Description: "d", ExtraData: json.RawMessage(`{"a":[]}`), CreatedAt: at, UpdatedAt: at,
			ArtifactTypes: []annoset.ArtifactType{{Name: "x", Description: "y", Color: "z"}}, RequiredApprovals: 2,
		}, `{"id":"00000000-0000-0000-0000-000000000001","name":"n","description":"d",
			"artifact_types":[{"name":"x","description":"y","color":"z"}],"extra_data":{"a":[]},
			"created_at":"2026-01-02T03:04:05.678Z","updated_at":"2026-01-02T03:04:05.678Z","required_approvals":2}`},
		{"report", annoset.Report{
			SetID: id, Version: 3, TotalAnnotations: 4, FailAt: annoset.SeverityWarning, Failed: true,
			FindingsByKind:     map[annoset.FindingKind]int64{annoset.FindingPoint: 1, annoset.FindingUnusedType: 1},
			FindingsBySeverity: map[annoset.Severity]int64{annoset.SeverityInfo: 1, annoset.SeverityWarning: 1},
			Findings: []annoset.Finding{
				{Kind: annoset.FindingUnusedType, Severity: annoset.SeverityWarning, ArtifactType: "hum",
					Annotations: []annoset.Annotation{}, Message: "m"},
				{Kind: annoset.FindingPoint, Severity: annoset.SeverityInfo, AudioFileID: "a.wav", ArtifactType: "glitch",
					Annotations: []annoset.Annotation{label("a.wav", "glitch", 0, 0)}, Message: "n"},
			},
		}, `{"set_id":"00000000-0000-0000-0000-000000000001","version":3,"total_annotations":4,"fail_at":"warning","failed":true,
			"findings_by_kind":{"point":1,"unused_type":1},"findings_by_severity":{"info":1,"warning":1},"findings":[
			{"kind":"unused_type","severity":"warning","artifact_type":"hum","annotations":[],"message":"m"},
			{"kind":"point","severity":"info","audio_file_id":"a.wav","artifact_type":"glitch","annotations":[
				{"id":0,"audio_file_id":"a.wav","artifact_type":"glitch","start_ms":0,"end_ms":0,"confidence":null}],"message":"n"}]}`},
		{"review", annoset.Review{
			Person: "ann", Verdict: annoset.VerdictRejected, Comment: "no", Revision: 3, Void: true, CreatedAt: at,
		}, `{"person":"ann","verdict":"rejected","comment":"no","revision":3,"void":true,
			"created_at":"2026-01-02T03:04:05.678Z"}`},
		{"training run", annoset.TrainingRun{
			ID: id, DatasetID: datasetID, SetID: parentID, Version: 4, Digest: "sha256:00", Model: "m", ModelVersion: "1",
			Parameters: json.RawMessage(`{"lr":0.1}`), Metrics: map[string]float64{"f1": 0.5}, TrainedAt: at,
			ExtraData: json.RawMessage(`{}`), RecordedAt: at, RecordedBy: "ann",
		}, `{"id":"00000000-0000-0000-0000-000000000001","dataset_id":"00000000-0000-0000-0000-000000000002",
			"set_id":"00000000-0000-0000-0000-000000000003","version":4,"digest":"sha256:00","model":"m","model_version":"1",
			"parameters":{"lr":0.1},"metrics":{"f1":0.5},"trained_at":"2026-01-02T03:04:05.678Z","extra_data":{},
			"recorded_at":"2026-01-02T03:04:05.678Z","recorded_by":"ann"}`},
		{"tag move", annoset.TagMove{Tag: "best", SetID: &id, Version: 2, MovedAt: at, MovedBy: "ann"},
			`{"tag":"best","set_id":"00000000-0000-0000-0000-000000000001","version":2,
			"moved_at":"2026-01-02T03:04:05.678Z","moved_by":"ann"}`},
	}
	for _, tt := range tests {
		t.Run("names the fields of a "+tt.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)

			data, err := json.Marshal(tt.value)

			is.NoErr(err)
			is.Equal(generic(t, data), generic(t, []byte(tt.want))) // these names, and no others
			back := reflect.New(reflect.TypeOf(tt.value))
			decoder := json.NewDecoder(bytes.NewReader(data))
			decoder.DisallowUnknownFields()
			is.NoErr(decoder.Decode(back.Interface()))
			is.Equal(back.Elem().Interface(), tt.value) // and back again
		})
	}
}

func TestJSON_RoundTrip(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	d, set := newDeclared(t, s.Store, `a.wav glitch 0 10 0.1 {"k":"<é>"}`)
	v1 := value(s.Publish(t.Context(), set.ID, nil))(t)
	v2 := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{Notes: "\u2028<&>"}))(t)

	is.Equal(roundTrip(t, d), d)   // a dataset
	is.Equal(roundTrip(t, v1), v1) // a published set
	is.Equal(roundTrip(t, v2), v2) // a draft
	a := labelsOf(t, s.Store, v2.ID)[0]
	back := roundTrip(t, a)
	is.Equal(generic(t, back.ExtraData), generic(t, a.ExtraData)) // encoding/json may escape, which says the same
	back.ExtraData = a.ExtraData
	is.Equal(back, a) // a label
}

func FuzzJSON(f *testing.F) {
	f.Add("a.wav", int64(1), int64(2), 0.5, true, []byte(`{"a":1}`), int64(1_700_000_000_000))
	f.Add("<\u2028é\x00\n", int64(math.MinInt64), int64(math.MaxInt64), 5e-324, true, []byte(`{}`), int64(0))
	f.Add("", int64(0), int64(0), 1e21, false, []byte{}, int64(-1))
	f.Fuzz(func(t *testing.T, text string, a, b int64, c float64, some bool, data []byte, ms int64) {
		if !utf8.ValidString(text) || math.IsNaN(c) || math.IsInf(c, 0) || ms < -62135596800000 || ms > 253402300799999 {
			t.Skip("a store returns no such thing")
		}
		var compact bytes.Buffer
		if len(data) > 0 && (!utf8.Valid(data) || json.Compact(&compact, data) != nil || compact.Bytes()[0] != '{') {
			t.Skip("a store takes no such extra data")
		}
		is := is.New(t)
		label := annoset.Annotation{ID: a, AudioFileID: text, ArtifactType: text, StartMS: a, EndMS: b}
		at := time.UnixMilli(ms).UTC()
		set := annoset.AnnotationSet{
			ID: uuid.UUID{1}, Version: int(int32(a)), Status: annoset.StatusDraft, Notes: text, CreatedAt: at,
			Stats: annoset.Stats{
				TotalAnnotations: a, AnnotationsByType: map[string]int64{text: a, "": b}, DurationMSByType: map[string]int64{},
			},
		}
		dataset := annoset.Dataset{
			Name: text, Description: text, ArtifactTypes: []annoset.ArtifactType{{Name: text, Color: text}}, CreatedAt: at,
			UpdatedAt: at,
		}
		if some {
			label.Confidence, set.ParentID, set.PublishedAt, set.Digest = &c, &uuid.UUID{2}, &at, text
		}
		is.Equal(roundTrip(t, label), label)     // without loss
		is.Equal(roundTrip(t, set), set)         // without loss
		is.Equal(roundTrip(t, dataset), dataset) // without loss
		if len(data) == 0 {
			return
		}
		label.ExtraData = data
		once := roundTrip(t, label)
		is.Equal(generic(t, once.ExtraData), generic(t, data)) // says the same
		is.Equal(roundTrip(t, once), once)                     // and is settled then
	})
}

// roundTrip sends a value through JSON and back.
func roundTrip[T any](t *testing.T, v T) T {
	t.Helper()
	var back T
	noErr(t, json.Unmarshal(value(json.Marshal(v))(t), &back))
	return back
}

// generic is what a JSON text says, numbers as they are written.
func generic(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	noErr(t, decoder.Decode(&v))
	return v
}

// Stats are converted from the totals of the survey, field by field.
func TestStats_sameFields(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	totals := survey.Totals{
		TotalAnnotations: 1, TotalPositiveDurationMS: 2, AnnotationsByType: map[string]int64{"a": 3},
		DurationMSByType: map[string]int64{"a": 4}, AnnotatedAudioFiles: 5, CleanAudioFiles: 6,
	}
	from, to := reflect.ValueOf(totals), reflect.ValueOf(annoset.Stats(totals))
	is.Equal(from.NumField(), to.NumField())
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		is.True(!from.Field(i).IsZero()) // each field is tried here
		is.Equal(from.Field(i).Interface(), to.FieldByName(name).Interface())
	}
}

// What a web page sends as a patch arrives whole, and null removes.
func TestJSON_patches(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openMemory(t)
	dataset := value(s.CreateDataset(t.Context(), annoset.NewDataset{
		Name: "one", Description: "d", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}}, ExtraData: json.RawMessage(`{"a":1}`),
	}))(t)
	patch := func(text string) annoset.Dataset {
		t.Helper()
		var p annoset.DatasetPatch
		is.NoErr(json.Unmarshal([]byte(text), &p))
		back := value(json.Marshal(p))(t)
		is.Equal(generic(t, back), generic(t, []byte(text))) // and out again
		return value(s.UpdateDataset(t.Context(), dataset.ID, p))(t)
	}
	got := patch(`{"description":"new","required_approvals":2,"artifact_types":[{"name":"hum","description":"","color":""}]}`)
	is.Equal(got.Description, "new")
	is.Equal(got.RequiredApprovals, 2)
	is.Equal(got.ArtifactTypes, []annoset.ArtifactType{{Name: "hum"}})
	is.Equal(string(got.ExtraData), `{"a":1}`) // what is not named stays
	got = patch(`{"extra_data":null,"artifact_types":[]}`)
	is.True(got.ExtraData == nil)
	is.Equal(len(got.ArtifactTypes), 0)
	is.Equal(got.Name, "one")

	set := value(s.CreateSet(t.Context(), dataset.ID, annoset.NewSet{Notes: "n", ExtraData: json.RawMessage(`{"b":2}`)}))(t)
	for _, tt := range []struct{ patch, notes, extra string }{
		{`{}`, "n", `{"b":2}`}, {`{"notes":"m"}`, "m", `{"b":2}`}, {`{"extra_data":{"c":3}}`, "m", `{"c":3}`},
		{`{"extra_data":null}`, "m", ``},
	} {
		var p annoset.SetPatch
		is.NoErr(json.Unmarshal([]byte(tt.patch), &p))
		set = value(s.UpdateSet(t.Context(), set.ID, p))(t)
		is.Equal(set.Notes, tt.notes)
		is.Equal(string(set.ExtraData), tt.extra)
	}
	set = value(s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{ExtraData: json.RawMessage(`{"d":4}`)}))(t)
	set = value(s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{ExtraData: json.RawMessage{}}))(t)
	is.True(set.ExtraData == nil) // empty removes
	for _, p := range []any{annoset.SetPatch{ExtraData: json.RawMessage{}}, annoset.DatasetPatch{ExtraData: json.RawMessage{}}} {
		data, err := json.Marshal(p)
		if err == nil {
			t.Errorf("what removes became %s, which leaves", data)
		}
	}

	var options annoset.CheckOptions
	is.NoErr(json.Unmarshal([]byte(`{"fail_at":"warning","lengths":{"hum":{"min_ms":1,"max_ms":2}},"min_confidence":0.5,"max_listed":3}`),
		&options))
	is.Equal(options.FailAt, annoset.SeverityWarning)
	is.Equal(options.Lengths["hum"], annoset.Length{MinMS: 1, MaxMS: 2})
	is.Equal(*options.MinConfidence, 0.5)
	is.Equal(options.MaxListed, 3)
}
