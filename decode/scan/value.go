package scan

// skipNested skips the next value, an object or array.
func (s *Scanner) skipNested() {
	for outside := s.depth; ; {
		if c := s.next(); c == '{' || c == '[' {
			if !s.open() {
				return
			}
			s.rememberKind(c == '{')
			if c == '{' && s.next() != '}' {
				s.key(s.pos)
				continue
			}
			if c == '[' && s.next() != ']' {
				continue
			}
		} else {
			s.Skip()
		}
		if !s.skipToValue(outside) {
			return
		}
	}
}

// skipToValue moves from the end of a value, or from inside an empty object or
// array, to the next value. It returns false when it reaches the depth outside.
func (s *Scanner) skipToValue(outside int) bool {
	for s.depth > outside {
		inObject := s.object[(s.depth-1)/64]&(1<<((s.depth-1)%64)) != 0
		switch c := s.next(); {
		case c == ',' && inObject:
			s.key(s.pos + 1)
			return true
		case c == ',':
			s.pos++
			return true
		case c == '}' && inObject, c == ']' && !inObject:
			s.close()
		case inObject:
			s.unexpected("after a value of an object")
			return false
		default:
			s.unexpected("after a value of an array")
			return false
		}
	}
	return false
}

// rememberKind stores whether the innermost open value is an object, for
// skipToValue.
func (s *Scanner) rememberKind(object bool) {
	i, bit := (s.depth-1)/64, uint64(1)<<((s.depth-1)%64)
	s.object[i] &^= bit
	if object {
		s.object[i] |= bit
	}
}

// keyword reads null, true or false, whose first byte comes next.
func (s *Scanner) keyword(name string, kind Kind) Value {
	rest := s.data[s.pos:]
	if len(rest) < len(name) || string(rest[:len(name)]) != name {
		s.fail(s.pos, "a word that is not "+name)
		return Value{}
	}
	s.pos += len(name)
	return Value{Kind: kind}
}

// number reads the number whose first byte, a digit or the sign, comes next.
func (s *Scanner) number() Value {
	data, start, i := s.data, s.pos, s.pos
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return Value{}
	}
	if i < len(data) && data[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return Value{}
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if i = s.digits(i); i < 0 {
			return Value{}
		}
	}
	s.pos = i
	return Value{uint32(start), uint32(i), Number, 0}
}

// digits returns the end of the digits at i. If there are none, it fails and
// returns -1.
func (s *Scanner) digits(i int) int {
	data, start := s.data, i
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	if i > start {
		return i
	}
	s.pos = i
	s.unexpected("where a digit should be")
	return -1
}
