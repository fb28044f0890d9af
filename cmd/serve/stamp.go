package serve

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// stamp is the timestamp of an action, and the position of its literal in the frame.
type stamp struct {
	seconds  float64
	milli    bool // the literal counts milliseconds: it has 13 digits
	from, to int
}

// A stamp is usable between the years 2000 and 9999, in seconds or in
// milliseconds.
const (
	firstStamp = 946684800
	endOfStamp = 253402300800
)

func (s stamp) time() time.Time {
	return time.UnixMilli(int64(math.Round(s.seconds * 1000)))
}

// readStamp finds the timestamp of an action. It returns false when there is no usable
// one. It looks at the last member first, where the service sends the timestamp.
func readStamp(frame []byte) (stamp, bool) {
	from, to, ok := lastStamp(frame)
	if !ok {
		from, to, ok = findStamp(frame)
	}
	if !ok {
		return stamp{}, false
	}
	value, err := strconv.ParseFloat(string(frame[from:to]), 64)
	if err != nil {
		return stamp{}, false
	}
	s := stamp{seconds: value, from: from, to: to}
	if value >= firstStamp*1000 {
		s.seconds, s.milli = value/1000, true
	}
	return s, s.seconds >= firstStamp && s.seconds < endOfStamp
}

// lastStamp finds the literal of a timestamp that is the last member.
func lastStamp(frame []byte) (from, to int, ok bool) {
	body, ok := bytes.CutSuffix(frame, []byte("}"))
	if !ok {
		return 0, 0, false
	}
	head := bytes.TrimRight(body, "0123456789.")
	return len(head), len(body), len(head) < len(body) && bytes.HasSuffix(head, []byte(`,"timestamp":`))
}

// findStamp finds the literal of a timestamp anywhere. Of several it takes the last.
func findStamp(frame []byte) (from, to int, ok bool) {
	in := json.NewDecoder(bytes.NewReader(frame))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return 0, 0, false
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return 0, 0, false
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return 0, 0, false
		}
		if key == "timestamp" {
			to, ok = int(in.InputOffset()), true
			from = to - len(value)
		}
	}
	_, err := in.Token()
	return from, to, ok && err == nil
}

// setStamp appends the frame to dst, with t as its timestamp. A frame without a usable
// timestamp stays as it is.
func setStamp(dst, frame []byte, t time.Time) []byte {
	s, ok := readStamp(frame)
	if !ok {
		return append(dst, frame...)
	}
	dst = append(dst, frame[:s.from]...)
	dst = strconv.AppendInt(dst, t.Unix(), 10)
	return append(dst, frame[s.to:]...)
}

// moveStamp appends the frame to dst, with its timestamp moved and in the same unit. A
// frame without a usable timestamp stays as it is.
func moveStamp(dst, frame []byte, by time.Duration) []byte {
	s, ok := readStamp(frame)
	if !ok {
		return append(dst, frame...)
	}
	value := s.seconds + by.Seconds()
	if s.milli {
		value = math.Round(value * 1000)
	}
	dst = append(dst, frame[:s.from]...)
	dst = strconv.AppendFloat(dst, value, 'f', -1, 64)
	return append(dst, frame[s.to:]...)
}
