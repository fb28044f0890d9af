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

// rememberKind stores whether the innermost open value is an object.
func (s *Scanner) rememberKind(object bool) {
	i, bit := (s.depth-1)/64, uint64(1)<<((s.depth-1)%64)
	s.object[i] &^= bit
	if object {
		s.object[i] |= bit
	}
}
