/** A telephone number by its last digits: `•••• 4567`. */
export const maskedDigits = (lastDigits: string) => `•••• ${lastDigits}`;
