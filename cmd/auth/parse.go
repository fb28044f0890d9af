package auth

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// tokenLimit is how many bytes are read in search of a token. Real tokens have
// about 40.
const tokenLimit = 64 << 10

// parseToken removes the white space around a token and refuses what cannot be
// one. Its errors quote nothing.
func parseToken(text string) (string, error) {
	// Some editors and shells write a byte-order mark.
	token := strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case len(text) > tokenLimit:
		return "", errors.New("it is longer than any token: more than 64 KiB")
	case token == "":
		return "", errors.New("there is no token in it")
	case strings.ContainsFunc(token, unicode.IsSpace):
		return "", errors.New("there is white space inside the token: want one word on one line")
	case !utf8.ValidString(token) || strings.ContainsFunc(token, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return "", errors.New("there are bytes in it that no token has: is it a text file in UTF-8?")
	}
	return token, nil
}

// parseOutput parses the output of a token command: a bare token, or
//
//	{"token": "…", "expires_at": 1740152273}
//
// where expires_at is seconds since 1970, RFC 3339, null or missing. The time is
// zero when it is not known.
func parseOutput(text string) (token string, expires time.Time, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > tokenLimit || !strings.HasPrefix(strings.TrimSpace(text), "{") {
		token, err = parseToken(text)
		return token, time.Time{}, err
	}
	var output map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &output); err != nil {
		return "", time.Time{}, errors.New("it begins like JSON but is not a JSON object")
	}
	var bare string
	if raw, ok := output["token"]; !ok || json.Unmarshal(raw, &bare) != nil {
		return "", time.Time{}, errors.New(`the JSON has no string "token"`)
	}
	if token, err = parseToken(bare); err != nil {
		return "", time.Time{}, err
	}
	if raw := output["expires_at"]; raw != nil {
		var ok bool
		if expires, ok = parseTime(raw); !ok {
			return "", time.Time{}, errors.New(`the JSON's "expires_at" is neither seconds since 1970 nor a time by RFC 3339`)
		}
	}
	return token, expires, nil
}

// parseTime parses a JSON value that is a time: seconds since 1970 as a number
// or a string, or a string by RFC 3339. null is the zero time.
func parseTime(raw json.RawMessage) (time.Time, bool) {
	if string(raw) == "null" {
		return time.Time{}, true
	}
	text := string(raw)
	if json.Unmarshal(raw, &text) == nil {
		text = strings.TrimSpace(text)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at, true
		}
	}
	seconds, ok := parseNumber(text)
	if !ok || math.Abs(seconds) > maxUnix {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

// maxUnix is the last second of the year 9999. Milliseconds are beyond it.
const maxUnix = 253402300799

func parseNumber(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}
