package linkpreview

import "context"

// UnpackIcon takes the largest picture out of a file of icons.
func UnpackIcon(file []byte) ([]byte, error) { return unpackIcon(file) }

// Work does what is due now, one after another, until nothing is.
func (s *Service) Work(ctx context.Context) error {
	for {
		due, err := s.next(ctx, 1)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, t := range due {
			if err := s.do(ctx, t); err != nil {
				return err
			}
		}
	}
}

// TakeIn takes in what was asked for.
func (s *Service) TakeIn(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.adopt(ctx); err != nil {
			return err
		}
	}
	return nil
}
