package event

// The headers that say which delivery a request is.
const (
	deliveryHeader = "X-Portico-Delivery" // the delivery's number, the same for each attempt
	attemptHeader  = "X-Portico-Attempt"  // counts from 1
)
