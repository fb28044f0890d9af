package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"
	"unicode"
)

// accessLife is how long an access token is valid when the answer does not say.
const accessLife = time.Hour

// pair is what a login or a refresh returns.
type pair struct {
	access  string
	refresh string // "" when the old one stays valid
	expires time.Time
	scopes  []string // nil when the answer does not tell them
}

// parseObject reads the JSON object at the start of an answer. It ignores a
// byte-order mark before it and anything behind it: the old tokens are already
// invalid, so that a pair must not be lost to a detail.
func parseObject(body []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&object); err != nil || object == nil {
		return nil, errors.New("it is not a JSON object")
	}
	return object, nil
}

// parseAnswer reads the answer of the token endpoint: the standard's fields, or
// their camelCase twins where those are missing. asked is the time of the
// request; expires_in counts from there, so that the token ends early rather
// than late. Its errors quote nothing.
func parseAnswer(body []byte, asked time.Time) (*pair, error) {
	answer, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	access, err := parseToken(stringOf(answer, "access_token", "accessToken"))
	if err != nil {
		return nil, errors.New("it has no access token")
	}
	// Whatever else is wrong with the answer, this is the only valid token now.
	refresh, err := parseToken(stringOf(answer, "refresh_token", "refreshToken"))
	if err != nil {
		refresh = ""
	}
	return &pair{access: access, refresh: refresh, expires: expiryOf(answer, asked), scopes: scopesOf(answer)}, nil
}

// scopesOf returns the granted scopes, nil when the answer does not tell them. A
// list in one string is separated by blanks.
func scopesOf(answer map[string]json.RawMessage) []string {
	for _, key := range []string{"scope", "scopes"} {
		var text *string
		if json.Unmarshal(answer[key], &text) == nil && text != nil {
			return append([]string{}, strings.FieldsFunc(*text, func(c rune) bool { return unicode.IsSpace(c) || c == ',' })...)
		}
		var list []string
		if json.Unmarshal(answer[key], &list) == nil && list != nil {
			return list
		}
	}
	return nil
}

// expiryOf returns when the access token expires. It prefers a duration to a
// point in time: that is right even when our clock is wrong.
func expiryOf(answer map[string]json.RawMessage, asked time.Time) time.Time {
	asked = asked.Round(0) // the monotonic clock stands still while the machine sleeps
	for _, key := range []string{"expires_in", "accessTokenExpiresIn"} {
		text := strings.Trim(string(answer[key]), `"`)
		if seconds, ok := parseNumber(text); ok && math.Abs(seconds) <= maxUnix/100 {
			return asked.Add(time.Duration(seconds * float64(time.Second))).UTC()
		}
	}
	for _, key := range []string{"expires", "accessTokenExpiresEpoch", "accessTokenExpiresAt"} {
		if raw, ok := answer[key]; ok {
			if at, ok := parseTime(raw); ok && !at.IsZero() {
				return at.UTC()
			}
		}
	}
	return asked.Add(accessLife).UTC()
}

// serverError is an error as an answer names it. The texts are the server's.
type serverError struct {
	name, message string
	status        int // of the body, 0 when it has none
}

// parseError finds the error in an answer: the standard's {"error":
// "invalid_grant", "error_description": …}, or the service's {"error": {"name": …,
// "message": …, "statusCode": …}}. named reports whether there is one.
func parseError(body []byte) (e serverError, named bool) {
	answer, err := parseObject(body)
	if err != nil {
		return serverError{}, false
	}
	if inner := map[string]json.RawMessage(nil); json.Unmarshal(answer["error"], &inner) == nil && inner != nil {
		e = serverError{name: stringOf(inner, "name"), message: stringOf(inner, "message")}
		_ = json.Unmarshal(inner["statusCode"], &e.status)
		return e, true
	}
	e = serverError{name: stringOf(answer, "error", "name"), message: stringOf(answer, "error_description", "message")}
	return e, stringOf(answer, "error") != ""
}

// stringOf returns the first of the keys that holds a string other than "".
func stringOf(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		var text string
		if raw, ok := object[key]; ok && json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
	}
	return ""
}
