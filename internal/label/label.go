// Package label defines the label type that the packages below the root share.
package label

// Label is one annotation. Its maker decides which fields are set: the label of a canonical line has no id and no file.
type Label struct {
	ID             int64
	File, Type     string
	StartMS, EndMS int64
	Confidence     float64 // never -0; 0 if HasConfidence is false
	HasConfidence  bool
	ExtraData      string // a JSON object; empty, and never "null", if there is none
}
