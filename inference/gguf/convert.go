package gguf

import "fmt"

// A Real is a numeric type that metadata can be converted to.
type Real interface {
	int | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// Number is the metadata value of a key as a T. ok is false if the key is absent. Files disagree on integer types, so any
// of them will do if the value fits in T, and any number will do if T is a float type; else the error names the key
// and the value.
func Number[T Real](f *File, key string) (v T, ok bool, err error) {
	m, ok := f.meta[key]
	if !ok {
		return v, false, nil
	}
	if v, ok = number[T](m); !ok {
		return v, true, f.mismatch(key, fmt.Sprintf("%T", v))
	}
	return v, true, nil
}

// Numbers is the metadata array of a key as a []T, with the rules of [Number] for every element. If the array is stored with
// this type it is shared, not to be written to; else it is converted.
func Numbers[T Real](f *File, key string) (v []T, ok bool, err error) {
	m, ok := f.meta[key]
	if !ok {
		return nil, false, nil
	}
	fits := false
	switch a := m.(type) {
	case []T:
		return a, true, nil
	case []uint8:
		v, fits = convert[T](a)
	case []int8:
		v, fits = convert[T](a)
	case []uint16:
		v, fits = convert[T](a)
	case []int16:
		v, fits = convert[T](a)
	case []uint32:
		v, fits = convert[T](a)
	case []int32:
		v, fits = convert[T](a)
	case []uint64:
		v, fits = convert[T](a)
	case []int64:
		v, fits = convert[T](a)
	case []float32:
		v, fits = convert[T](a)
	case []float64:
		v, fits = convert[T](a)
	}
	if !fits {
		return nil, true, f.mismatch(key, fmt.Sprintf("%T", v))
	}
	return v, true, nil
}

// String is the metadata string of a key. ok is false if the key is absent; a value of another type is an error.
func String(f *File, key string) (v string, ok bool, err error) { return exact[string](f, key) }

// Bool is the metadata bool of a key, like [String].
func Bool(f *File, key string) (v, ok bool, err error) { return exact[bool](f, key) }

// Strings is the metadata string array of a key, like [String]. It is shared, not to be written to.
func Strings(f *File, key string) (v []string, ok bool, err error) { return exact[[]string](f, key) }

// Bools is the metadata bool array of a key, like [String]. It is shared, not to be written to.
func Bools(f *File, key string) (v []bool, ok bool, err error) { return exact[[]bool](f, key) }

func exact[T any](f *File, key string) (v T, ok bool, err error) {
	m, ok := f.meta[key]
	if !ok {
		return v, false, nil
	}
	if v, ok = m.(T); !ok {
		return v, true, f.mismatch(key, fmt.Sprintf("%T", v))
	}
	return v, true, nil
}

// mismatch is the error of a value that isn't what was asked for.
func (f *File) mismatch(key, wanted string) error {
	got := fmt.Sprintf("%T", f.meta[key])
	switch v := f.meta[key].(type) {
	case uint64, int64, float64, bool:
		got = fmt.Sprintf("%v (%T)", v, v)
	}
	return fmt.Errorf("gguf: %s: metadata %q: %s where %s is wanted, or a value out of its range", f.parts[0].Path, key, got, wanted)
}

// number converts a scalar as it is kept in the metadata; it says whether that is a number that fits.
func number[T Real](m any) (T, bool) {
	var out []T
	fits := false
	switch v := m.(type) {
	case uint64:
		out, fits = convert[T]([]uint64{v})
	case int64:
		out, fits = convert[T]([]int64{v})
	case float64:
		out, fits = convert[T]([]float64{v})
	}
	if !fits {
		return 0, false
	}
	return out[0], true
}

// convert converts numbers, unless one isn't an integer or doesn't fit where T is an integer type.
func convert[T, S Real](in []S) ([]T, bool) {
	toInt, fromInt := isInt[T](), isInt[S]()
	if toInt && !fromInt {
		return nil, false
	}
	out := make([]T, len(in))
	for i, x := range in {
		v := T(x)
		if toInt && (S(v) != x || v < 0 != (x < 0)) {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// isInt says whether T drops fractions.
func isInt[T Real]() bool { return T(1)/2 == 0 }
