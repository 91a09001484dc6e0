package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// value reads the type and the value of a metadata entry.
func (r *reader) value() (any, error) {
	pos := r.pos
	typ, err := r.uint32("the value type")
	if err != nil {
		return nil, err
	}
	switch {
	case typ == typeString:
		b, err := r.bytes("the value")
		return string(b), err
	case typ == typeArray:
		return r.array()
	case typ >= uint32(len(valueSizes)):
		return nil, r.errorf(pos, "value type %d does not exist", typ)
	}
	pos = r.pos
	b, err := r.take(valueSizes[typ], "the value")
	if err != nil {
		return nil, err
	}
	switch typ {
	case typeUint8:
		return uint64(b[0]), nil
	case typeInt8:
		return int64(int8(b[0])), nil
	case typeUint16:
		return uint64(binary.LittleEndian.Uint16(b)), nil
	case typeInt16:
		return int64(int16(binary.LittleEndian.Uint16(b))), nil
	case typeUint32:
		return uint64(binary.LittleEndian.Uint32(b)), nil
	case typeInt32:
		return int64(int32(binary.LittleEndian.Uint32(b))), nil
	case typeUint64:
		return binary.LittleEndian.Uint64(b), nil
	case typeInt64:
		return int64(binary.LittleEndian.Uint64(b)), nil
	case typeFloat32:
		return float64(float32At(b)), nil
	case typeFloat64:
		return float64At(b), nil
	default: // typeBool
		if b[0] > 1 {
			return nil, r.errorf(pos, "bool value %d, want 0 or 1", b[0])
		}
		return b[0] == 1, nil
	}
}

func float32At(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func float64At(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// array reads an array as a slice of its element type.
func (r *reader) array() (any, error) {
	pos := r.pos
	typ, err := r.uint32("the element type")
	if err != nil {
		return nil, err
	}
	if typ == typeArray || typ >= uint32(len(valueSizes)) {
		return nil, r.errorf(pos, "array elements of type %d are not supported", typ)
	}
	size := valueSizes[typ]
	n, err := r.count("elements", size)
	if err != nil {
		return nil, err
	}
	if typ == typeString {
		return r.strings(n)
	}
	pos = r.pos
	b, err := r.take(n*size, "the elements")
	if err != nil {
		return nil, err
	}
	switch typ {
	case typeUint8:
		return decode(b, 1, func(b []byte) uint8 { return b[0] }), nil
	case typeInt8:
		return decode(b, 1, func(b []byte) int8 { return int8(b[0]) }), nil
	case typeUint16:
		return decode(b, 2, binary.LittleEndian.Uint16), nil
	case typeInt16:
		return decode(b, 2, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) }), nil
	case typeUint32:
		return decode(b, 4, binary.LittleEndian.Uint32), nil
	case typeInt32:
		return decode(b, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) }), nil
	case typeUint64:
		return decode(b, 8, binary.LittleEndian.Uint64), nil
	case typeInt64:
		return decode(b, 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }), nil
	case typeFloat32:
		return decode(b, 4, float32At), nil
	case typeFloat64:
		return decode(b, 8, float64At), nil
	default: // typeBool
		for i, v := range b {
			if v > 1 {
				return nil, r.errorf(pos+i, "bool value %d in element %d, want 0 or 1", v, i)
			}
		}
		return decode(b, 1, func(b []byte) bool { return b[0] == 1 }), nil
	}
}

func decode[T any](b []byte, size int, at func([]byte) T) []T {
	out := make([]T, len(b)/size)
	for i := range out {
		out[i] = at(b[i*size:])
	}
	return out
}

// strings reads n strings. Vocabularies have hundreds of thousands: all share one copy of this piece of the file, lengths
// included, instead of an allocation each.
func (r *reader) strings(n int) ([]string, error) {
	start := r.pos
	rest := r.data[start:]
	for i := range n {
		if len(rest) < 8 || binary.LittleEndian.Uint64(rest) > uint64(len(rest)-8) {
			r.pos, r.what = len(r.data)-len(rest), fmt.Sprintf("%s: element %d of %d", r.what, i, n)
			_, err := r.bytes("a string")
			return nil, err
		}
		rest = rest[8+binary.LittleEndian.Uint64(rest):]
	}
	r.pos = len(r.data) - len(rest)
	all := string(r.data[start:r.pos])
	out := make([]string, n)
	pos := 0
	for i := range out {
		size := int(binary.LittleEndian.Uint64(r.data[start+pos:]))
		out[i] = all[pos+8 : pos+8+size]
		pos += 8 + size
	}
	return out, nil
}
