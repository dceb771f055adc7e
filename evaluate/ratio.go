package evaluate

import (
	"encoding/json"
	"strconv"
)

// Ratio is a quotient that is undefined if its divisor is 0. The precision of no predictions, for example, is neither 0
// nor 1. The zero Ratio is undefined. In JSON it is a number, or null if it is undefined.
type Ratio struct {
	Value   float64 // 0 if it is undefined
	Defined bool
}

// ratio returns n / of.
func ratio(n, of int64) Ratio {
	if of == 0 {
		return Ratio{}
	}
	return Ratio{Value: float64(n) / float64(of), Defined: true}
}

// String returns the value with four decimals, or "undefined".
func (r Ratio) String() string {
	if !r.Defined {
		return "undefined"
	}
	return strconv.FormatFloat(r.Value, 'f', 4, 64)
}

// MarshalJSON writes a number, or null if the ratio is undefined.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !r.Defined {
		return []byte("null"), nil
	}
	return json.Marshal(r.Value)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Ratio) UnmarshalJSON(data []byte) error {
	var value *float64
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*r = Ratio{}
	if value != nil {
		*r = Ratio{Value: *value, Defined: true}
	}
	return nil
}
