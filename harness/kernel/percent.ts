/** A share in 0–1 as '91 %'. Rounded down, so that only all of it is 100 %. */
export const percent = (share: number): string => `${Math.floor(Math.round(share * 1000) / 10)} %`;
