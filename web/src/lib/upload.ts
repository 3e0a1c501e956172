/** Whether the server would refuse a file: found out before minutes of a slow line are spent on it. */
export const tooLarge = (file: { size: number }, limitMb: number | undefined): boolean => !!limitMb && file.size > limitMb * 1_048_576
