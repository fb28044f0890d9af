package decode

import "github.com/restail/restail/decode/scan"

// frame is what a frame says, by the keys of the wire: of duplicate keys the
// last counts, and a second object replaces the first entirely. Whether a value
// is of any use is for those to say who write the record.
type frame struct {
	data    []byte
	own     []byte // strings that data does not have as they are
	kind    scan.Kind
	skipped bool // the payload was checked only

	there [256 / 64]uint64 // bit n: key n is there
	// index is where values has the value of a key; 0 while it did not come. So the
	// values of a frame lie close together, which is what counts when another
	// processor looks at them.
	index    [maxKeys]uint8
	values   []scan.Value // an object has none; an array's says where its values are among the elements
	elements []element    // one array after the other
	replaces []replace
}

// usualValues is how many values nearly all frames have, or fewer.
const usualValues = 31

// element is a value in an array, and how it stands there.
type element struct {
	scan.Value
	form form
}

// form is how a text can stand in an array. Which of them is right is for the
// platform to say.
type form uint8

const (
	inArray  form = 1 << iota // by itself
	inObject                  // as a member of an object
)

// replace is one entry of a text's replaces: a custom emote. The places are
// counted from 0 and inclusive, in a unit that is documented nowhere; -1 is no
// place.
type replace struct {
	from, to int
	url      scan.Value
}

// value is a value of the wire; see [scan.Value].
type value struct {
	Bytes []byte
	Kind  scan.Kind
	Plain bool
}

// reset begins a new frame.
func (f *frame) reset(data []byte) {
	if f.values == nil {
		f.values = make([]scan.Value, 1, 1+usualValues) // the first is of no key
	}
	f.data, f.own, f.skipped = data, f.own[:0], false
	f.values, f.elements, f.replaces = f.values[:1], f.elements[:0], f.replaces[:0]
	clear(f.there[:])
	clear(f.index[:])
}

// has tells whether there is a value of that key, be it null.
func (f *frame) has(k key) bool { return f.there[k/64]&(1<<(k%64)) != 0 }

// note notes the value of a key.
func (f *frame) note(k key, v scan.Value) {
	f.there[k/64] |= 1 << (k % 64)
	if i := f.index[k%maxKeys]; i > 0 {
		f.values[i] = v
		return
	}
	f.index[k%maxKeys] = uint8(len(f.values))
	f.values = append(f.values, v)
}

// at returns the value of a key that is there.
func (f *frame) at(k key) scan.Value { return f.values[f.index[k%maxKeys]] }

// begin notes that what is in an object or an array is noted next. What an
// earlier one of the same key had is forgotten.
func (f *frame) begin(k key) {
	if f.has(k) {
		for inner := k + 1; inner <= lasts[k%maxKeys]; inner++ {
			f.there[inner/64] &^= 1 << (inner % 64)
		}
	}
	f.there[k/64] |= 1 << (k % 64)
}

// value returns the value of that key; the zero value when there is none. It is
// a view of the frame, or of memory that the next one uses again.
func (f *frame) value(k key) value {
	if !f.has(k) {
		return value{}
	}
	return f.of(f.at(k))
}

func (f *frame) of(v scan.Value) value {
	return value{v.Bytes(f.data, f.own), v.Kind, v.Plain()}
}

// within returns what the array of that key has in it.
func (f *frame) within(array key) []element {
	if !f.has(array) {
		return nil
	}
	v := f.at(array)
	return f.elements[v.From:v.To]
}
